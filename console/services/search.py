"""Search over all stored transactions. The first payments of a new pattern were not alerted."""

from __future__ import annotations

from collections.abc import Sequence

from console.context import ConsoleContext
from console.results.transactions import TransactionList, TransactionRow
from console.services.rows import row_of_transaction
from storage import UnitOfWork
from storage.scored_transactions import ScoredTransaction
from storage.transaction_search import MOST_COUNTED, TransactionFilter


def search(context: ConsoleContext, wanted: TransactionFilter, *, offset: int, limit: int) -> TransactionList:
    """Return a page of transactions, newest event time first."""
    with context.unit(reads_only=True) as unit:
        found = unit.past.page(wanted, offset=offset, limit=limit)
        rows = rows_of(context, unit, found.rows)
    more = found.total > MOST_COUNTED or not found.whole
    return TransactionList(min(found.total, MOST_COUNTED), more, rows)


def rows_of(
    context: ConsoleContext, unit: UnitOfWork, stored: Sequence[ScoredTransaction]
) -> list[TransactionRow]:
    """Return rows of transactions, with their alerts and verdicts."""
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
