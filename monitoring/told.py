"""What a round found, for metrics and for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitoring.detectors import ScorerFigures, busiest
from monitoring.findings import Finding, Periods
from monitoring.reference import Reference
from storage import UnitOfWork
from storage.episodes import LIVE
from storage.measurements import Measurement
from storage.outcomes import AlertOutcome, FraudOutcome, first_confirmed_arrivals


@dataclass(frozen=True)
class People:
    """What people do: labels and their delays by source, verdicts of the last day by role, the queue.

    prevented: seconds from a flag to its detector's first confirmed fraud, by detector. held: amount alerted
    in the last day by what became of it.
    """

    labels: Mapping[str, Sequence[float]] = field(default_factory=dict)
    delays: Mapping[str, Sequence[float]] = field(default_factory=dict)
    decisions: Mapping[str, int] = field(default_factory=dict)
    prevented: Mapping[str, float] = field(default_factory=dict)
    held: Mapping[str, float] = field(default_factory=dict)
    open_alerts: int = 0
    queue_age_s: float = 0.0


@dataclass(frozen=True)
class Told:
    """All of a round. `reference` is None where there is no base yet, and then nothing was found.

    quality: by kind, of the newest day that can be spoken of. rows: transactions looked at.
    """

    reference: Reference | None = None
    rows: int = 0
    periods: Periods = field(default_factory=Periods)
    alarms: Mapping[str, Finding] = field(default_factory=dict)
    scorers: Mapping[str, ScorerFigures] = field(default_factory=dict)
    quality: Mapping[str, Measurement] = field(default_factory=dict)
    people: People = field(default_factory=People)


def delays_by_source(frauds: Sequence[FraudOutcome]) -> dict[str, list[float]]:
    """Seconds from payment to first label."""
    found: dict[str, list[float]] = {}
    for fraud in frauds:
        found.setdefault(fraud.source, []).append(fraud.delay_s)
    return found


def flag_to_prevented(unit: UnitOfWork, day: Sequence[AlertOutcome]) -> dict[str, float]:
    """Seconds from flag to first confirmed fraud, of the live detectors with most alerts in the last day."""
    live = {
        episode.detector_id: episode.flagged_at
        for episode in unit.episodes.with_status(LIVE)
        if episode.detector_id
    }
    first = first_confirmed_arrivals(unit.session, busiest(live, Counter(alert.scorer for alert in day)))
    return {name: at - live[name] for name, at in first.items() if at > live[name]}


def amount_by_status(day: Sequence[AlertOutcome]) -> dict[str, float]:
    """Amounts of alerts by what became of them: open, confirmed, rejected."""
    found: dict[str, float] = {}
    for alert in day:
        found[alert.status] = found.get(alert.status, 0.0) + alert.amount
    return found
