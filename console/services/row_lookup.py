"""Rows of transactions by id."""

from __future__ import annotations

from collections.abc import Sequence

from console.context import ConsoleContext
from console.results.transactions import TransactionRow
from console.services.search import rows_of
from storage import UnitOfWork


def rows_of_ids(context: ConsoleContext, unit: UnitOfWork, ids: Sequence[str]) -> list[TransactionRow]:
    """Return the transactions that are still stored, in the order of `ids`."""
    stored = unit.past.by_ids(ids)
    return rows_of(context, unit, [stored[one] for one in ids if one in stored])
