"""The queue of alerts: filtered, sorted and read page by page, at any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select, update
from sqlalchemy.orm import Session

from storage.alerts import CONFIRMED, OPEN, REJECTED, AlertRow, joined_tags
from storage.cases import Case, CaseAlert, overdue

Key = TypeVar("Key", str, int)
UNASSIGNED, ASSIGNED, SNOOZED, DECIDED = "open", "assigned", "snoozed", "decided"
STATES = (UNASSIGNED, ASSIGNED, SNOOZED, DECIDED)
SORTS = ("priority", "raised_at", "surprise", "amount", "id")
"""Columns that a page may be sorted by."""


@dataclass(frozen=True)
class AlertFilter:
    """Selects alerts; a field that is None or empty selects all. Times are event times in seconds."""

    states: tuple[str, ...] = ()
    """Any of `STATES`."""
    assignee: str | None = None
    scorer: str | None = None
    card: str | None = None
    queue: str | None = None
    tag: str | None = None
    min_amount: float | None = None
    max_amount: float | None = None
    since: float | None = None
    until: float | None = None
    after_id: int | None = None
    """Only alerts with a higher id."""
    overdue: bool = False
    """Only alerts in a case that is overdue."""


def state_of(alert: AlertRow, now: float) -> str:
    """Return the state of an alert, one of `STATES`; `now` is in seconds since 1970, as `snoozed_until`."""
    if alert.status != OPEN:
        return DECIDED
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return SNOOZED
    return UNASSIGNED if alert.assignee is None else ASSIGNED


@dataclass(frozen=True)
class AlertCounts:
    """Counts of the alerts of one scorer."""

    alerts: int = 0
    confirmed: int = 0
    rejected: int = 0
    money_held: float = 0.0
    """Sum of the amounts of confirmed alerts."""
    money_open: float = 0.0
    """Sum of the amounts of alerts that no one has judged."""

    def __add__(self, other: AlertCounts) -> AlertCounts:
        """Add up two counts."""
        return AlertCounts(
            self.alerts + other.alerts,
            self.confirmed + other.confirmed,
            self.rejected + other.rejected,
            self.money_held + other.money_held,
            self.money_open + other.money_open,
        )

    @property
    def precision(self) -> float | None:
        """Share of the judged alerts that were fraud; None before any is judged."""
        judged = self.confirmed + self.rejected
        return self.confirmed / judged if judged else None


class AlertQueue:
    """Reads pages of alerts and assigns alerts, within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, wanted: AlertFilter, *, now: float) -> int:
        """Count the selected alerts from the index; `now` decides which are snoozed, seconds since 1970."""
        return self._session.scalar(_of(select(func.count()), wanted, now)) or 0

    def page(
        self, wanted: AlertFilter, *, now: float, sort: str, descending: bool, offset: int, limit: int
    ) -> list[AlertRow]:
        """Return one page of the selected alerts.

        Args:
            wanted: selects alerts.
            now: decides which alerts are snoozed, seconds since 1970.
            sort: a column of `SORTS`; ties are sorted by id.
            descending: highest first.
            offset: number of alerts to skip.
            limit: at most this many.

        Returns:
            The alerts of the page, in order.
        """
        column = getattr(AlertRow, sort)
        order = (column.desc(), AlertRow.id.desc()) if descending else (column, AlertRow.id)
        # Ids come from the index; bodies are read only for the page.
        ids = self._session.scalars(
            _of(select(AlertRow.id), wanted, now).order_by(*order).offset(offset).limit(limit)
        )
        return self.by_ids(ids.all())

    def by_ids(self, ids: Sequence[int]) -> list[AlertRow]:
        """Return the alerts of these ids in their order; ids without an alert are left out."""
        found = {
            alert.id: alert for alert in self._session.scalars(select(AlertRow).where(AlertRow.id.in_(ids)))
        }
        return [found[one] for one in ids if one in found]

    def of_transaction(self, transaction_id: str) -> AlertRow | None:
        """Return the newest alert of a transaction, or None."""
        query = select(AlertRow).where(AlertRow.transaction_id == transaction_id)
        return self._session.scalar(query.order_by(AlertRow.id.desc()).limit(1))

    def newest_id(self) -> int:
        """Return the highest id; 0 if there is no alert."""
        return self._session.scalar(select(func.max(AlertRow.id))) or 0

    def counts_by_scorer(self) -> dict[str, AlertCounts]:
        """Count alerts by scorer, from the index."""
        return self._counts_by(AlertRow.scorer)

    def counts_by_control_offset(self, scorer: str) -> dict[int, AlertCounts]:
        """Count the alerts of one scorer by the control offset that they were scored under.

        It reads the bodies of all these alerts, since no index holds the offset. Do not call it often.

        Args:
            scorer: id of a detector, or `base`.

        Returns:
            Counts, by control offset.
        """
        offset = AlertRow.body["control_offset"].as_integer()
        return self._counts_by(offset, AlertRow.scorer == scorer, offset.is_not(None))

    def _counts_by(
        self, what: SQLColumnExpression[Key], *chosen: ColumnElement[bool]
    ) -> dict[Key, AlertCounts]:
        """Count the chosen alerts by a column or an expression."""
        query = select(what, AlertRow.status, func.count(), func.sum(AlertRow.amount))
        found: dict[Key, dict[str, tuple[int, float]]] = {}
        for key, status, count, amount in self._session.execute(
            query.where(*chosen).group_by(what, AlertRow.status)
        ):
            found.setdefault(key, {})[status] = (count, amount)
        return {key: _counts_of(by_status) for key, by_status in found.items()}

    def count_from(self, partition: int, source_offset: int) -> int:
        """Count the alerts of a partition from this offset of the input topic on."""
        here = (AlertRow.source_partition == partition, AlertRow.source_offset >= source_offset)
        return self._session.scalar(select(func.count()).select_from(AlertRow).where(*here)) or 0

    def first_of(self, scorer: str) -> AlertRow | None:
        """Return the earliest alert of a scorer by event time, or None."""
        query = (
            select(AlertRow)
            .where(AlertRow.scorer == scorer)
            .order_by(AlertRow.raised_at, AlertRow.id)
            .limit(1)
        )
        return self._session.scalar(query)

    def of_transactions(self, transaction_ids: Sequence[str]) -> dict[str, AlertRow]:
        """Return the newest alert of each of these transactions that has one, by transaction id."""
        query = select(AlertRow).where(AlertRow.transaction_id.in_(transaction_ids)).order_by(AlertRow.id)
        return {alert.transaction_id: alert for alert in self._session.scalars(query)}

    def change(self, ids: Sequence[int], **values: Any) -> None:
        """Set columns of these alerts, named by keyword."""
        self._session.execute(update(AlertRow).where(AlertRow.id.in_(ids)).values(**values))


def _counts_of(by_status: dict[str, tuple[int, float]]) -> AlertCounts:
    counts = {status: by_status.get(status, (0, 0.0)) for status in (OPEN, CONFIRMED, REJECTED)}
    return AlertCounts(
        sum(count for count, _ in counts.values()),
        counts[CONFIRMED][0],
        counts[REJECTED][0],
        counts[CONFIRMED][1],
        counts[OPEN][1],
    )


def _of(query: Select[Any], wanted: AlertFilter, now: float) -> Select[Any]:
    chosen: list[ColumnElement[bool]] = []
    if wanted.states:
        in_states = [_in_state(state, now) for state in wanted.states]
        # Conditions on the status alone are added because the index begins with that column.
        statuses = [
            s for s in (OPEN, CONFIRMED, REJECTED) if (s != OPEN) in {x == DECIDED for x in wanted.states}
        ]
        chosen += [AlertRow.status.in_(statuses), _any(in_states)]
    exact = {
        AlertRow.assignee: wanted.assignee,
        AlertRow.scorer: wanted.scorer,
        AlertRow.card: wanted.card,
        AlertRow.queue: wanted.queue,
    }
    if wanted.tag is not None:
        chosen.append(AlertRow.tags.contains(joined_tags([wanted.tag]), autoescape=True))
    chosen += [column == value for column, value in exact.items() if value is not None]
    at_least = {AlertRow.amount: wanted.min_amount, AlertRow.raised_at: wanted.since}
    chosen += [column >= value for column, value in at_least.items() if value is not None]
    at_most = {AlertRow.amount: wanted.max_amount, AlertRow.raised_at: wanted.until}
    chosen += [column <= value for column, value in at_most.items() if value is not None]
    if wanted.after_id is not None:
        chosen.append(AlertRow.id > wanted.after_id)
    if wanted.overdue:
        late = select(CaseAlert.alert_id).join(Case, Case.id == CaseAlert.case_id).where(overdue(now))
        chosen.append(AlertRow.id.in_(late))
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
