"""Rows of transactions by their ids."""

from __future__ import annotations

from collections.abc import Sequence

from console.desk import Desk
from console.services.rows import TransactionRow, row_of_transaction
from storage import UnitOfWork


def rows_of_ids(desk: Desk, unit: UnitOfWork, ids: Sequence[str]) -> list[TransactionRow]:
    """The transactions that are still stored, in the order of `ids`."""
    now = desk.clock()
    stored = unit.transactions.by_ids(ids)
    alerts, labels = unit.queue.of_transactions(ids), unit.labels.latest(ids)
    return [
        row_of_transaction(stored[one], desk.cards, alert=alerts.get(one), label=labels.get(one), now=now)
        for one in ids
        if one in stored
    ]
