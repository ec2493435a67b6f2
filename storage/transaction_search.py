"""Finds stored transactions by id, entity, amount, time or the detector that alerted them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from storage.alerts import AlertRow
from storage.entity_index import key_of
from storage.scored_transactions import ScoredTransaction

MOST_COUNTED = 10_000
"""Nobody pages further; counting millions would take longer than finding fifty."""
_AFTER_ANY = "\uffff"


@dataclass(frozen=True)
class TransactionFilter:
    """Which transactions; what is None does not matter. Times are event times."""

    text: str | None = None
    """The beginning of an id, or the whole key of an entity of any of `kinds`."""
    kinds: tuple[str, ...] = ()
    id: str | None = None
    entities: tuple[tuple[str, str], ...] = ()
    """Kind and key; all of them must be there."""
    min_amount: float | None = None
    max_amount: float | None = None
    since: float | None = None
    until: float | None = None
    scorer: str | None = None
    """What alerted it."""


class TransactionSearch:
    """Reads within the caller's unit of work; by id, entity or time it takes an index (`entity_index`)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, wanted: TransactionFilter) -> int:
        """How many there are, counted up to one more than `MOST_COUNTED`."""
        some = self._of(select(ScoredTransaction.transaction_id), wanted).limit(MOST_COUNTED + 1)
        return self._session.scalar(select(func.count()).select_from(some.subquery())) or 0

    def page(self, wanted: TransactionFilter, *, offset: int, limit: int) -> list[ScoredTransaction]:
        """One page, latest event time first, without features."""
        query = self._of(select(ScoredTransaction).options(_LIGHT), wanted)
        return list(self._session.scalars(_latest_first(query).offset(offset).limit(limit)))

    def latest_of(self, kind: str, key: str, most: int) -> Iterator[ScoredTransaction]:
        """The latest transactions of an entity, latest first, without features."""
        wanted = TransactionFilter(entities=((kind, key),))
        query = self._of(select(ScoredTransaction).options(_LIGHT), wanted)
        yield from self._session.scalars(_latest_first(query).limit(most))

    def _of(self, query: Select[Any], wanted: TransactionFilter) -> Select[Any]:
        row = ScoredTransaction
        chosen: list[ColumnElement[bool]] = [self._is(kind, key) for kind, key in wanted.entities]
        if wanted.text is not None:
            begins = and_(row.transaction_id >= wanted.text, row.transaction_id < wanted.text + _AFTER_ANY)
            chosen.append(or_(begins, *(self._is(kind, wanted.text) for kind in wanted.kinds)))
        if wanted.id is not None:
            chosen.append(row.transaction_id == wanted.id)
        at_least = {row.amount: wanted.min_amount, row.event_time: wanted.since}
        chosen += [column >= value for column, value in at_least.items() if value is not None]
        at_most = {row.amount: wanted.max_amount, row.event_time: wanted.until}
        chosen += [column <= value for column, value in at_most.items() if value is not None]
        if wanted.scorer is not None:
            here = (AlertRow.source_partition == row.source_partition) & (
                AlertRow.source_offset == row.source_offset
            )
            query = query.join(AlertRow, here).where(AlertRow.scorer == wanted.scorer)
        return query.where(*chosen)

    def _is(self, kind: str, key: str) -> ColumnElement[bool]:
        return key_of(kind, self._session.get_bind().dialect.name) == key


_LIGHT = defer(ScoredTransaction.features, raiseload=True)


def _latest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(ScoredTransaction.event_time.desc(), ScoredTransaction.transaction_id)
