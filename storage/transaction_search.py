"""Finds stored transactions by id, entity, amount, time or the scorer that alerted them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from storage.alerts import AlertRow
from storage.entity_index import key_of
from storage.scored_transactions import ScoredTransaction

MOST_COUNTED = 10_000
"""Counting stops here: people page no further, and counting millions takes longer than reading a page."""
_AFTER_ANY = "\uffff"


@dataclass(frozen=True)
class TransactionFilter:
    """Selects transactions; a field that is None selects all. Times are event times, seconds since 1970."""

    text: str | None = None
    """The beginning of an id, or the whole key of an entity of any of `kinds`."""
    kinds: tuple[str, ...] = ()
    id: str | None = None
    entities: tuple[tuple[str, str], ...] = ()
    """Kind and key of entities; a transaction must have all of them."""
    min_amount: float | None = None
    max_amount: float | None = None
    since: float | None = None
    until: float | None = None
    scorer: str | None = None
    """Scorer that alerted the transaction: id of a detector, `base` or `block`."""


class LinkedPayment(NamedTuple):
    """A transaction as a link between its entities; `entities` has the key of each kind."""

    transaction_id: str
    event_time: float
    decision: int
    entities: dict[str, str]


class TransactionSearch:
    """Finds transactions within the unit of work of the caller.

    Searches by id, entity or time use an index; see `storage.entity_index`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, wanted: TransactionFilter) -> int:
        """Count the selected transactions, up to `MOST_COUNTED` + 1."""
        some = self._of(select(ScoredTransaction.transaction_id), wanted).limit(MOST_COUNTED + 1)
        return self._session.scalar(select(func.count()).select_from(some.subquery())) or 0

    def page(self, wanted: TransactionFilter, *, offset: int, limit: int) -> list[ScoredTransaction]:
        """Return one page without features, latest event time first.

        Args:
            wanted: selects transactions.
            offset: number of transactions to skip.
            limit: at most this many.

        Returns:
            The transactions of the page; their `features` cannot be read.
        """
        query = self._of(select(ScoredTransaction).options(_LIGHT), wanted)
        return list(self._session.scalars(_latest_first(query).offset(offset).limit(limit)))

    def latest_of(self, kind: str, key: str, most: int) -> Iterator[ScoredTransaction]:
        """Yield the latest transactions of an entity without features, latest first.

        Args:
            kind: name of the entity, such as `card`.
            key: key of the entity.
            most: at most this many.

        Yields:
            A transaction; its `features` cannot be read.
        """
        wanted = TransactionFilter(entities=((kind, key),))
        query = self._of(select(ScoredTransaction).options(_LIGHT), wanted)
        yield from self._session.scalars(_latest_first(query).limit(most))

    def payments_of(self, kind: str, key: str, since: float, most: int) -> list[LinkedPayment]:
        """Return the latest transactions of an entity as links between entities, latest first.

        Args:
            kind: name of the entity, such as `card`.
            key: key of the entity.
            since: lowest event time, seconds since 1970.
            most: at most this many.
        """
        row = ScoredTransaction
        wanted = TransactionFilter(entities=((kind, key),), since=since)
        columns: list[Any] = [row.transaction_id, row.event_time, row.decision, row.entities]
        query = self._of(select(*columns), wanted)
        return [LinkedPayment(*one) for one in self._session.execute(_latest_first(query).limit(most))]

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
