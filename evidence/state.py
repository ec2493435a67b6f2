"""What came of a base or detector since, and what monitoring measures."""

from __future__ import annotations

from control.entry import Kind, LoggedEntry
from evidence.document import ON_TRIAL, Alarm, Monitoring, Outcomes
from evidence.source import Source
from evidence.subject import Subject
from meta.intervals import wilson
from monitoring.alarms import open_alarms
from storage import UnitOfWork
from storage.alert_queue import AlertCounts

BASE_SCORER = "base"
"""Scorer in the alerts of every base."""
QUALITY = ("recall", "estimated_recall", "average_precision", "card_precision")


def outcomes_of(source: Source, subject: Subject, last: LoggedEntry | None, state: str) -> Outcomes:
    """Count alerts and verdicts of a detector or rule, of the base since its last entry, or of a trial."""
    queue, tallies = source.unit.queue, source.unit.queue.counts_by_scorer()
    everything = sum(one.alerts for one in tallies.values())
    scorer = f"{Kind.RULE}/{subject.id}" if subject.kind is Kind.RULE else subject.id
    if state == ON_TRIAL:
        return _of_trial(source, scorer, everything)
    if subject.is_base:
        since = last.offset if last else 0
        by_offset = queue.counts_by_control_offset(BASE_SCORER)
        counts = sum((one for at, one in by_offset.items() if at >= since), AlertCounts())
        about = f"alerts that the base decided from control offset {since} on"
        return _outcomes(about, counts, everything, None)
    first, counts = queue.first_of(scorer), tallies.get(scorer, AlertCounts())
    about = f"alerts that this {subject.kind} decided while it was live"
    return _outcomes(about, counts, everything, first.raised_at if first else None)


def _of_trial(source: Source, scorer: str, everything: int) -> Outcomes:
    trial = source.unit.shadow_alerts.trials().get(scorer)
    about = "alerts that it would have raised on trial; the amount is of those that no scorer in force raised"
    if trial is None:
        return _outcomes(about, AlertCounts(), everything, None)
    counts = AlertCounts(trial.alerts, trial.fraud, trial.genuine, trial.new_amount)
    return _outcomes(about, counts, everything, trial.first)


def _outcomes(about: str, counts: AlertCounts, everything: int, first_at: float | None) -> Outcomes:
    low, high = wilson(counts.confirmed, counts.confirmed + counts.rejected)
    return Outcomes(
        about=about,
        alerts=counts.alerts,
        confirmed=counts.confirmed,
        rejected=counts.rejected,
        amount=counts.money_held + counts.money_open,
        precision=counts.precision,
        low=low,
        high=high,
        all_alerts=everything,
        first_at=first_at,
    )


def monitoring_of(unit: UnitOfWork) -> Monitoring:
    """Return open alarms, and the newest figures of quality and drift."""
    quality = {kind: newest for kind in QUALITY if (newest := unit.measurements.of_kind(kind)[-1:])}
    drift = unit.measurements.latest("psi")
    times = [rows[0].time for rows in quality.values()] + [row.time for row in drift.values()]
    return Monitoring(
        measured_at=max(times, default=None),
        alarms=tuple(
            Alarm(name=name, since=row.time, worst=row.details["worst"], limit=row.details["limit"])
            for name, row in sorted(open_alarms(unit).items())
        ),
        quality={kind: rows[0].value for kind, rows in quality.items()},
        drift={name: row.value for name, row in drift.items()},
    )
