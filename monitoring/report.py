"""The report of one round, for metrics and for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.business_view import BusinessView
from monitoring.findings import Finding
from monitoring.periods import Periods
from monitoring.reference import Reference
from monitoring.scorer_figures import ScorerFigures, busiest
from storage import UnitOfWork
from storage.episodes import LIVE
from storage.measurements import Measurement
from storage.outcomes import AlertOutcome, FraudOutcome, first_confirmed_arrivals


@dataclass(frozen=True)
class ReviewActivity:
    """What analysts and other sources of labels do."""

    labels: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Times of the labels, ascending, seconds since 1970, by source."""
    delays: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Seconds from a fraud to its first label, by source."""
    decisions: Mapping[str, int] = field(default_factory=dict)
    """Verdicts of the last day, by role."""
    prevented: Mapping[str, float] = field(default_factory=dict)
    """Seconds from a flag to the first confirmed fraud of its detector, by detector."""
    held: Mapping[str, float] = field(default_factory=dict)
    """Amount alerted in the last day, by the status of the alert."""
    open_alerts: int = 0
    queue_age_s: float = 0.0
    """Seconds of event time since the oldest open alert."""
    overdue_cases: int = 0
    """Cases that are not closed although they are past their deadline."""


@dataclass(frozen=True)
class RoundReport:
    """Everything that one round found; empty while no base is in force."""

    reference: Reference | None = None
    """Histograms of the base in force; None while there is none."""
    rows: int = 0
    """Transactions of the last day that were read."""
    periods: Periods = field(default_factory=Periods)
    alarms: Mapping[str, Finding] = field(default_factory=dict)
    """Findings of the open alarms, by alarm."""
    evidence: Mapping[str, float] = field(default_factory=dict)
    """Evidence of change by subject, and `together`, divided by the evidence that raises an alarm."""
    scorers: Mapping[str, ScorerFigures] = field(default_factory=dict)
    """Figures of the busiest scorers, by id."""
    quality: Mapping[str, Measurement] = field(default_factory=dict)
    """The newest quality measurement of each kind whose labels are in."""
    business: Mapping[int, BusinessView] = field(default_factory=dict)
    """Fraud rates, money and analysts' time, by length of the period in days."""
    review: ReviewActivity = field(default_factory=ReviewActivity)


def delays_by_source(frauds: Sequence[FraudOutcome]) -> dict[str, list[float]]:
    """Return the seconds from each fraud to its first label, by source."""
    found: dict[str, list[float]] = {}
    for fraud in frauds:
        found.setdefault(fraud.source, []).append(fraud.delay_s)
    return found


def flag_to_prevented(unit: UnitOfWork, day: Sequence[AlertOutcome]) -> dict[str, float]:
    """Return the seconds from each flag to the first confirmed fraud of its detector, by detector.

    Args:
        unit: reads episodes and alerts.
        day: alerts of the last day; the live detectors with most of them are included.

    Returns:
        Seconds, by detector id; detectors without a confirmed fraud are left out.
    """
    live = {
        episode.detector_id: episode.flagged_at
        for episode in unit.episodes.with_status(LIVE)
        if episode.detector_id
    }
    first = first_confirmed_arrivals(unit.session, busiest(live, Counter(alert.scorer for alert in day)))
    return {name: at - live[name] for name, at in first.items() if at > live[name]}


def amount_by_status(day: Sequence[AlertOutcome]) -> dict[str, float]:
    """Sum the amounts of alerts by status: open, confirmed or rejected."""
    found: dict[str, float] = {}
    for alert in day:
        found[alert.status] = found.get(alert.status, 0.0) + alert.amount
    return found
