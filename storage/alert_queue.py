"""The queue of alerts as analysts look at it: filtered, sorted, a page at a time, at any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select, update
from sqlalchemy.orm import Session

from storage.alerts import CONFIRMED, OPEN, REJECTED, AlertRow

Key = TypeVar("Key", str, int)
UNASSIGNED, ASSIGNED, SNOOZED, DECIDED = "open", "assigned", "snoozed", "decided"
STATES = (UNASSIGNED, ASSIGNED, SNOOZED, DECIDED)
SORTS = ("priority", "raised_at", "surprise", "amount", "id")
"""Columns that a page may be sorted by."""


@dataclass(frozen=True)
class AlertFilter:
    """Which alerts; what is None does not matter. Times are event times, in seconds since 1970 UTC."""

    states: tuple[str, ...] = ()
    assignee: str | None = None
    scorer: str | None = None
    card: str | None = None
    min_amount: float | None = None
    max_amount: float | None = None
    since: float | None = None
    until: float | None = None
    after_id: int | None = None


def state_of(alert: AlertRow, now: float) -> str:
    """Where an alert stands in the queue."""
    if alert.status != OPEN:
        return DECIDED
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return SNOOZED
    return UNASSIGNED if alert.assignee is None else ASSIGNED


@dataclass(frozen=True)
class AlertCounts:
    """What the alerts of one scorer have come to."""

    alerts: int = 0
    confirmed: int = 0
    rejected: int = 0
    money_held: float = 0.0
    """Amounts of alerts that were not rejected."""

    def __add__(self, other: AlertCounts) -> AlertCounts:
        """Both together."""
        return AlertCounts(
            self.alerts + other.alerts,
            self.confirmed + other.confirmed,
            self.rejected + other.rejected,
            self.money_held + other.money_held,
        )

    @property
    def precision(self) -> float | None:
        """Share of judged alerts that were fraud; None before any is judged."""
        judged = self.confirmed + self.rejected
        return self.confirmed / judged if judged else None


class AlertQueue:
    """Reads pages of alerts, and hands alerts to people, within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, wanted: AlertFilter, *, now: float) -> int:
        """How many alerts there are; read from the index alone."""
        return self._session.scalar(_of(select(func.count()), wanted, now)) or 0

    def page(
        self, wanted: AlertFilter, *, now: float, sort: str, descending: bool, offset: int, limit: int
    ) -> list[AlertRow]:
        """One page, sorted by a column of `SORTS`; equal ones by id."""
        column = getattr(AlertRow, sort)
        order = (column.desc(), AlertRow.id.desc()) if descending else (column, AlertRow.id)
        # Ids come from the index; bodies are read for the page alone.
        ids = self._session.scalars(
            _of(select(AlertRow.id), wanted, now).order_by(*order).offset(offset).limit(limit)
        )
        return self.by_ids(ids.all())

    def by_ids(self, ids: Sequence[int]) -> list[AlertRow]:
        """The alerts of these ids that exist, in that order."""
        found = {
            alert.id: alert for alert in self._session.scalars(select(AlertRow).where(AlertRow.id.in_(ids)))
        }
        return [found[one] for one in ids if one in found]

    def of_transaction(self, transaction_id: str) -> AlertRow | None:
        """The alert that a transaction raised last."""
        query = select(AlertRow).where(AlertRow.transaction_id == transaction_id)
        return self._session.scalar(query.order_by(AlertRow.id.desc()).limit(1))

    def newest_id(self) -> int:
        """The id given last; 0 where there is no alert."""
        return self._session.scalar(select(func.max(AlertRow.id))) or 0

    def counts_by_scorer(self) -> dict[str, AlertCounts]:
        """What came of alerts, by scorer; read from the index alone."""
        return self._counts_by(AlertRow.scorer)

    def counts_by_control_offset(self, scorer: str) -> dict[int, AlertCounts]:
        """What came of a scorer's alerts, by the control offset that they were scored under.

        It reads the bodies, which no index holds: not for what is asked often.
        """
        offset = AlertRow.body["control_offset"].as_integer()
        return self._counts_by(offset, AlertRow.scorer == scorer, offset.is_not(None))

    def _counts_by(
        self, what: SQLColumnExpression[Key], *chosen: ColumnElement[bool]
    ) -> dict[Key, AlertCounts]:
        """What came of the chosen alerts, by a column or something else that each of them has."""
        query = select(what, AlertRow.status, func.count(), func.sum(AlertRow.amount))
        found: dict[Key, dict[str, tuple[int, float]]] = {}
        for key, status, count, amount in self._session.execute(
            query.where(*chosen).group_by(what, AlertRow.status)
        ):
            found.setdefault(key, {})[status] = (count, amount)
        return {key: _counts_of(by_status) for key, by_status in found.items()}

    def count_from(self, partition: int, source_offset: int) -> int:
        """How many transactions of a partition were alerted from this offset on."""
        here = (AlertRow.source_partition == partition, AlertRow.source_offset >= source_offset)
        return self._session.scalar(select(func.count()).select_from(AlertRow).where(*here)) or 0

    def first_of(self, scorer: str) -> AlertRow | None:
        """The earliest alert of a scorer, by event time."""
        query = (
            select(AlertRow)
            .where(AlertRow.scorer == scorer)
            .order_by(AlertRow.raised_at, AlertRow.id)
            .limit(1)
        )
        return self._session.scalar(query)

    def of_transactions(self, transaction_ids: Sequence[str]) -> dict[str, AlertRow]:
        """The alerts of these transactions, by transaction."""
        query = select(AlertRow).where(AlertRow.transaction_id.in_(transaction_ids)).order_by(AlertRow.id)
        return {alert.transaction_id: alert for alert in self._session.scalars(query)}

    def change(self, ids: Sequence[int], **values: Any) -> None:
        """Set columns of these alerts."""
        self._session.execute(update(AlertRow).where(AlertRow.id.in_(ids)).values(**values))


def _counts_of(by_status: dict[str, tuple[int, float]]) -> AlertCounts:
    counts = {status: by_status.get(status, (0, 0.0)) for status in (OPEN, CONFIRMED, REJECTED)}
    return AlertCounts(
        sum(count for count, _ in counts.values()),
        counts[CONFIRMED][0],
        counts[REJECTED][0],
        counts[OPEN][1] + counts[CONFIRMED][1],
    )


def _of(query: Select[Any], wanted: AlertFilter, now: float) -> Select[Any]:
    chosen: list[ColumnElement[bool]] = []
    if wanted.states:
        in_states = [_in_state(state, now) for state in wanted.states]
        # The statuses again by themselves: the index begins with them.
        statuses = [
            s for s in (OPEN, CONFIRMED, REJECTED) if (s != OPEN) in {x == DECIDED for x in wanted.states}
        ]
        chosen += [AlertRow.status.in_(statuses), _any(in_states)]
    exact = {AlertRow.assignee: wanted.assignee, AlertRow.scorer: wanted.scorer, AlertRow.card: wanted.card}
    chosen += [column == value for column, value in exact.items() if value is not None]
    at_least = {AlertRow.amount: wanted.min_amount, AlertRow.raised_at: wanted.since}
    chosen += [column >= value for column, value in at_least.items() if value is not None]
    at_most = {AlertRow.amount: wanted.max_amount, AlertRow.raised_at: wanted.until}
    chosen += [column <= value for column, value in at_most.items() if value is not None]
    if wanted.after_id is not None:
        chosen.append(AlertRow.id > wanted.after_id)
    return query.select_from(AlertRow).where(*chosen)


def _any(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *others = conditions
    for other in others:
        first = first | other
    return first


def _in_state(state: str, now: float) -> ColumnElement[bool]:
    snoozed = AlertRow.snoozed_until.is_not(None) & (AlertRow.snoozed_until > now)
    is_open = AlertRow.status == OPEN
    return {
        UNASSIGNED: is_open & ~snoozed & AlertRow.assignee.is_(None),
        ASSIGNED: is_open & ~snoozed & AlertRow.assignee.is_not(None),
        SNOOZED: is_open & snoozed,
        DECIDED: AlertRow.status != OPEN,
    }[state]
