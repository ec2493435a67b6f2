"""Brings transactions that only the history store has back to SQL, where verdicts and episodes need them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from adaptation.context import AdaptationContext
from storage.scored_transactions import COLUMNS, ScoredTransaction

log = logging.getLogger(__name__)


def recall(context: AdaptationContext, ids: Sequence[str]) -> int:
    """Copy transactions from the history store to SQL; without one nothing is found.

    Args:
        context: the database.
        ids: ids that SQL does not have. One that is not stored costs a search of all days.

    Returns:
        Number of transactions that were found.

    Raises:
        StorageUnavailable: the database or the history store is away.
    """
    with context.unit(reads_only=True) as unit:
        found = unit.past.by_ids(ids)
    if found:
        with context.unit() as unit:
            unit.transactions.add_many(map(_values, found.values()))
            unit.commit()
        log.info("adapter: %d transactions are back from the history store", len(found))
    return len(found)


def _values(row: ScoredTransaction) -> tuple[object, ...]:
    entities = msgspec.json.encode(row.entities).decode()
    return tuple(entities if name == "entities" else getattr(row, name) for name in COLUMNS)
