"""One round: count what is new, compare periods, look at labels, settle alarms, and tell it all."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from control.keys import ControlKey
from monitoring import alarms
from monitoring.counting import Hours
from monitoring.days import drift_of_the_day, newest_quality, quality_by_day
from monitoring.detectors import by_scorer
from monitoring.findings import DAY_S, Finding, Periods, find_alert_rate, find_drift, periods_at
from monitoring.hours import HOUR_S
from monitoring.labels import find_precision_fall, find_silence
from monitoring.reference import Reference, read_reference
from monitoring.told import People, Told, amount_by_status, delays_by_source, flag_to_prevented
from storage import UnitOfWork
from storage.alerts import CONFIRMED, OPEN
from storage.outcomes import (
    AlertOutcome,
    FraudOutcome,
    alerts_between,
    count_decisions_by_role,
    fraud_outcomes,
    label_times,
    oldest_open_alert_time,
    recently_decided_alerts,
)

NEWEST_LABELS, NEWEST_DECIDED = 50_000, 1_000


class Round:
    """Rounds over one database, by one process: two would count everything twice.

    Args:
        key: verifies the entry of the base.
        entities: names of the entities, the primary one first.
        budget: share of genuine traffic that may be alerted.
        label_delay_days: age from which a day's recall is told as its recall.
        cards: k of card precision@k.
    """

    def __init__(
        self,
        engine: Engine,
        key: ControlKey,
        entities: Sequence[str],
        *,
        budget: float,
        label_delay_days: float,
        cards: int,
    ) -> None:
        self._engine = engine
        self._key = key
        self._entities = entities
        self._budget = budget
        self._label_delay_days = label_delay_days
        self._cards = cards
        self._hours = Hours(entities)

    def run(self, now: float) -> Told:
        """A round at `now`, the time that labels are stamped in.

        1. Count what is new, with the place where to go on, in one database transaction: a stop counts
        nothing twice. 2. Compare, and settle alarms and measurements in another; what a stop loses of it,
        the next round finds. Raises StorageUnavailable.
        """
        with UnitOfWork(self._engine) as unit:  # 1
            reference = read_reference(unit, self._key)
            if reference is None:
                return Told()
            self._hours.load(unit, reference)
            changed = self._hours.count_new(unit, reference)
            unit.commit()
        self._hours.take_up(changed)
        with UnitOfWork(self._engine) as unit:  # 2
            told = self._compare(unit, reference, now)
            unit.commit()
        return told

    def _compare(self, unit: UnitOfWork, reference: Reference, now: float) -> Told:
        newest = unit.transactions.newest_event_time() or 0.0
        end = newest // HOUR_S * HOUR_S
        self._hours.forget(unit, end)
        periods = periods_at(end, self._hours.by_start, len(reference.features))
        decided = recently_decided_alerts(unit.session, NEWEST_DECIDED)
        labels = label_times(unit.session, NEWEST_LABELS)
        day = alerts_between(unit.session, newest - DAY_S, newest + 1.0)
        frauds = fraud_outcomes(unit.session, NEWEST_LABELS)
        findings = self._find(periods, reference, end, decided)
        findings += _some(find_silence(labels, now))
        alarms.settle(unit, findings, now)
        unit.measurements.put(drift_of_the_day(periods, reference, end))
        hours, card = self._hours.by_start, self._entities[0]
        unit.measurements.put(quality_by_day(unit, frauds, hours, newest, card=card, k=self._cards))
        unit.session.flush()
        return Told(
            reference=reference,
            rows=int(periods.day.looked_at) if periods.day else 0,
            periods=periods,
            alarms={finding.alarm: finding for finding in findings},
            scorers=by_scorer(day, decided),
            quality=newest_quality(unit, self._label_delay_days),
            people=_people(unit, labels, frauds, day, now, newest),
        )

    def _find(
        self, periods: Periods, reference: Reference, end: float, decided: Sequence[AlertOutcome]
    ) -> list[Finding]:
        return [
            *find_drift(periods, reference.features, self._entities),
            *_some(find_alert_rate(end, self._hours.by_start, periods, self._budget)),
            *_some(find_precision_fall([alert.status == CONFIRMED for alert in decided])),
        ]


def _people(
    unit: UnitOfWork,
    labels: dict[str, list[float]],
    frauds: Sequence[FraudOutcome],
    day: Sequence[AlertOutcome],
    now: float,
    newest: float,
) -> People:
    oldest = oldest_open_alert_time(unit.session)
    return People(
        labels,
        delays_by_source(frauds),
        count_decisions_by_role(unit.session, now - DAY_S, NEWEST_LABELS),
        flag_to_prevented(unit, day),
        amount_by_status(day),
        unit.alerts.count(status=OPEN),
        max(0.0, newest - oldest) if oldest is not None else 0.0,
    )


def _some(finding: Finding | None) -> list[Finding]:
    return [] if finding is None else [finding]
