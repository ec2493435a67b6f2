"""Search over all stored transactions, alerted or not: the first victims of a pattern never were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.context import ConsoleContext
from console.services.rows import TransactionRow, row_of_transaction
from storage import UnitOfWork
from storage.scored_transactions import ScoredTransaction
from storage.transaction_search import MOST_COUNTED, TransactionFilter


@dataclass(frozen=True)
class Found:
    """A page of transactions; `more` where there are more than `total`, which is counted up to 10,000."""

    total: int
    more: bool
    rows: list[TransactionRow]


def search(context: ConsoleContext, wanted: TransactionFilter, *, offset: int, limit: int) -> Found:
    """A page, latest event time first."""
    with context.unit(reads_only=True) as unit:
        total = unit.search.count(wanted)
        rows = rows_of(context, unit, unit.search.page(wanted, offset=offset, limit=limit))
    return Found(min(total, MOST_COUNTED), total > MOST_COUNTED, rows)


def rows_of(
    context: ConsoleContext, unit: UnitOfWork, stored: Sequence[ScoredTransaction]
) -> list[TransactionRow]:
    """Rows of transactions, with alerts and verdicts where there are any."""
    now, ids = context.clock(), [one.transaction_id for one in stored]
    alerts, labels = unit.queue.of_transactions(ids), unit.labels.latest(ids)
    return [
        row_of_transaction(
            one,
            context.cards,
            alert=alerts.get(one.transaction_id),
            label=labels.get(one.transaction_id),
            now=now,
        )
        for one in stored
    ]
