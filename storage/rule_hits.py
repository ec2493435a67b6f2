"""Counts what written rules matched, by day: shadow matches, and alerts that live rules raised."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Integer, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.alerts import CONFIRMED, REJECTED, AlertRow
from storage.shadow_alerts import ShadowAlertRow

DAY_S: Final = 86_400.0


@dataclass(frozen=True)
class DayOfHits:
    """Matches of one rule on one day of event time, UTC.

    A live rule that approves raises no alerts, so its matches are not among `live`.

    Attributes:
        rule: Name among scorers, `rule/ID`.
        day: Begin of the day, seconds since 1970.
        shadow: Matches in shadow; of one batch at most 100 are stored.
        live: Alerts that the rule raised.
        confirmed: Those of `live` whose verdict is fraud.
        rejected: Those of `live` whose verdict is genuine.
    """

    rule: str
    day: float
    shadow: int = 0
    live: int = 0
    confirmed: int = 0
    rejected: int = 0


class RuleHits:
    """Reads matches of rules within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_day(self, since: float, rules: str | None = None) -> Iterator[DayOfHits]:
        """Yield the days with matches, shadow first.

        Args:
            since: Event time from which matches count, seconds since 1970.
            rules: Only this rule, as `rule/ID`; None for all.

        Yields:
            A day of one rule; a day with shadow and live matches comes twice.
        """
        shadow, at = ShadowAlertRow.shadow, ShadowAlertRow.event_time
        query = select(shadow, _day(at), func.count()).where(_named(shadow, rules), at >= since)
        for rule, day, count in self._session.execute(query.group_by(shadow, _day(at))):
            yield DayOfHits(rule, day * DAY_S, shadow=count)
        scorer, raised = AlertRow.scorer, AlertRow.raised_at
        judged = [func.sum(case((AlertRow.status == one, 1), else_=0)) for one in (CONFIRMED, REJECTED)]
        alerts = select(scorer, _day(raised), func.count(), *judged)
        alerts = alerts.where(_named(scorer, rules), raised >= since)
        for rule, day, *counts in self._session.execute(alerts.group_by(scorer, _day(raised))):
            yield DayOfHits(rule, day * DAY_S, 0, *counts)

    def newest(self, rule: str, most: int) -> list[str]:
        """Return ids of the transactions that a rule, `rule/ID`, matched last, newest first."""
        found = list[tuple[float, str]]()
        for name, at, identity in (
            (ShadowAlertRow.shadow, ShadowAlertRow.event_time, ShadowAlertRow.transaction_id),
            (AlertRow.scorer, AlertRow.raised_at, AlertRow.transaction_id),
        ):
            query = select(at, identity).where(name == rule).order_by(at.desc()).limit(most)
            found += [(when, one) for when, one in self._session.execute(query)]
        ids = dict.fromkeys(identity for _, identity in sorted(found, reverse=True))
        return list(ids)[:most]


def _named(column: InstrumentedAttribute[str], rule: str | None) -> ColumnElement[bool]:
    if rule is not None:
        return column == rule
    # A range, unlike LIKE, is read from the index on every database.
    return (column >= "rule/") & (column < "rule0")


def _day(column: InstrumentedAttribute[float]) -> ColumnElement[int]:
    return cast(func.floor(column / DAY_S), Integer)
