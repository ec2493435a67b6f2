"""One round of monitoring: count new traffic, compare periods, check labels, update alarms."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from control.keys import ControlKey
from monitoring import alarms
from monitoring.alert_rate import find_alert_rate
from monitoring.business_measurements import measure_business
from monitoring.change_evidence import ChangeEvidence
from monitoring.daily_measurements import known_frauds, measure_drift, measure_quality, newest_quality
from monitoring.estimated_quality import estimate_days
from monitoring.findings import Finding, find_drift
from monitoring.hourly_counts import HourlyCounts
from monitoring.labels import find_precision_fall, find_silence
from monitoring.periods import DAY_S, Periods, periods_at
from monitoring.reference import Reference, read_reference
from monitoring.report import (
    ReviewActivity,
    RoundReport,
    amount_by_status,
    delays_by_source,
    flag_to_prevented,
)
from monitoring.scorer_figures import figures_by_scorer
from monitoring.traffic_counts import CHANNEL, HOUR_S
from storage import UnitOfWork
from storage.alerts import CONFIRMED, OPEN
from storage.cases import CaseFilter
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
    """Runs rounds over one database. Only one process may do so: two would count all traffic twice.

    Args:
        engine: the database that the recorder writes.
        key: verifies the control entry of the base.
        entities: names of the entities, the primary one first.
        budget: share of genuine traffic that may be alerted, over 0 to 1.
        label_delay_days: age in days from which the labels of a day count as complete.
        cards: number of cards of card precision at k.
        false_alarm_bound: bound of the probability that evidence of change ever raises a false alarm.
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
        false_alarm_bound: float = 0.01,
    ) -> None:
        self._engine = engine
        self._key = key
        self._entities = entities
        self._budget = budget
        self._label_delay_days = label_delay_days
        self._cards = cards
        self._hours = HourlyCounts(entities)
        self._evidence = ChangeEvidence(false_alarm_bound)

    def run(self, now: float) -> RoundReport:
        """Run one round.

        1. Count the new transactions and store the counts with the offsets to continue from. Both are one
           database transaction, so a stop counts nothing twice.
        2. Compare periods, then update alarms and measurements in a second transaction. What a stop loses
           here, the next round finds again.

        Args:
            now: time of the round, seconds since 1970, in the clock that labels are stamped with.

        Returns:
            What the round found; an empty report while the control log has no base.

        Raises:
            StorageUnavailable: the database is away or locked.
            ControlRefused: the entry of the base does not verify.
        """
        with UnitOfWork(self._engine) as unit:  # 1
            reference = read_reference(unit, self._key)
            if reference is None:
                return RoundReport()
            self._hours.load(unit, reference)
            changed = self._hours.count_new(unit, reference)
            unit.commit()
        self._hours.accept_committed(changed)
        try:
            with UnitOfWork(self._engine) as unit:  # 2
                report = self._compare(unit, reference, now)
                unit.commit()
        except Exception:
            self._evidence.forget()
            raise
        return report

    def _compare(self, unit: UnitOfWork, reference: Reference, now: float) -> RoundReport:
        newest = unit.transactions.newest_event_time() or 0.0
        end = newest // HOUR_S * HOUR_S
        self._hours.delete_old(unit, end)
        periods = periods_at(end, self._hours.by_start, len(reference.features))
        decided = recently_decided_alerts(unit.session, NEWEST_DECIDED)
        labels = label_times(unit.session, NEWEST_LABELS)
        day = alerts_between(unit.session, newest - DAY_S, newest + 1.0)
        names = reference.features
        channel = names.index(CHANNEL) if CHANNEL in names else None
        frauds = fraud_outcomes(unit.session, NEWEST_LABELS, card_absent=channel)
        self._evidence.load(unit, reference)
        self._evidence.update(unit, self._hours.by_start, reference, end)
        findings = self._find(periods, reference, end, decided)
        findings += [*_as_list(self._evidence.finding()), *_as_list(find_silence(labels, now))]
        alarms.update_alarms(unit, findings, now)
        unit.measurements.put(measure_drift(periods, reference, end))
        hours, card = self._hours.by_start, self._entities[0]
        unit.measurements.put(measure_quality(unit, frauds, hours, newest, card=card, k=self._cards))
        known = known_frauds(frauds, card)
        unit.measurements.put(estimate_days(hours, known, newest, self._label_delay_days))
        unit.session.flush()
        return RoundReport(
            reference=reference,
            rows=int(periods.day.looked_at) if periods.day else 0,
            periods=periods,
            alarms={finding.alarm: finding for finding in findings},
            evidence=self._evidence.shown(),
            scorers=figures_by_scorer(day, decided),
            business=measure_business(unit, self._hours.by_start, frauds, newest),
            quality=newest_quality(unit, self._label_delay_days),
            review=_review_activity(unit, labels, frauds, day, now, newest),
        )

    def _find(
        self, periods: Periods, reference: Reference, end: float, decided: Sequence[AlertOutcome]
    ) -> list[Finding]:
        return [
            *find_drift(periods, reference.features, self._entities),
            *_as_list(find_alert_rate(end, self._hours.by_start, periods, self._budget)),
            *_as_list(find_precision_fall([alert.status == CONFIRMED for alert in decided])),
        ]


def _review_activity(
    unit: UnitOfWork,
    labels: dict[str, list[float]],
    frauds: Sequence[FraudOutcome],
    day: Sequence[AlertOutcome],
    now: float,
    newest: float,
) -> ReviewActivity:
    oldest = oldest_open_alert_time(unit.session)
    return ReviewActivity(
        labels,
        delays_by_source(frauds),
        count_decisions_by_role(unit.session, now - DAY_S, NEWEST_LABELS),
        flag_to_prevented(unit, day),
        amount_by_status(day),
        unit.alerts.count(status=OPEN),
        max(0.0, newest - oldest) if oldest is not None else 0.0,
        unit.cases.count(CaseFilter(overdue_at=now)),
    )


def _as_list(finding: Finding | None) -> list[Finding]:
    return [] if finding is None else [finding]
