"""What is stored of each day: drift of the last one, and quality of the last four weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from meta.histograms import stability_index
from monitoring import drift
from monitoring.findings import DAY_S, Periods
from monitoring.hours import Traffic
from monitoring.quality import MATURE_DAYS, AlertedCard, Delays, KnownFraud, day_quality
from monitoring.reference import Reference
from storage import UnitOfWork
from storage.measurements import Measurement
from storage.outcomes import AlertOutcome, FraudOutcome, alerts_between

PSI, PSI_BASE = "psi", "psi_base"
ESTIMATED = "estimated_recall"
QUALITY = ("recall", ESTIMATED, "average_precision", "card_precision")


def drift_of_the_day(periods: Periods, reference: Reference, end: float) -> list[Measurement]:
    """PSI of each feature against last week and against the base; a row a day, refreshed until it is over."""
    if periods.day is None:
        return []
    at = end // DAY_S * DAY_S
    to_base = stability_index(
        drift.shares(periods.day.features), reference.histograms.shares.astype(np.float64)
    )
    found = [_psi(PSI_BASE, name, at, float(to_base[j])) for j, name in enumerate(reference.features)]
    if periods.week_before is not None:
        moved = drift.feature_drift(periods.day, periods.week_before, reference.features)
        found += [_psi(PSI, one.feature, at, one.psi) for one in moved]
    return found


def quality_by_day(
    unit: UnitOfWork,
    outcomes: Sequence[FraudOutcome],
    hours: Mapping[float, Traffic],
    newest: float,
    *,
    card: str,
    k: int,
) -> list[Measurement]:
    """Every whole day of the four weeks before `newest`, by what is known of it now; `card` names the
    primary entity.
    """
    frauds = [_known(fraud, card) for fraud in outcomes]
    delays = Delays.of(frauds, newest)
    last = newest // DAY_S * DAY_S - DAY_S
    found = []
    for start in (last - age * DAY_S for age in range(int(MATURE_DAYS))):
        of_day = [one for at, one in hours.items() if start <= at < start + DAY_S]
        if of_day:
            cards = _cards(alerts_between(unit.session, start, start + DAY_S))
            that_day = [fraud for fraud in frauds if start <= fraud.event_time < start + DAY_S]
            traffic = sum(of_day[1:], of_day[0])
            found += day_quality(start, newest, that_day, cards, traffic, delays, k)
    return found


def newest_quality(unit: UnitOfWork, label_delay_days: float) -> dict[str, Measurement]:
    """Of each kind the newest day whose labels have come; estimated recall is for the days before that."""
    found = {}
    for kind in QUALITY:
        rows = unit.measurements.of_kind(kind)
        if kind != ESTIMATED:
            rows = [row for row in rows if row.details["age_days"] >= label_delay_days]
        if rows:
            found[kind] = rows[-1]
    return found


def _psi(kind: str, feature: str, time: float, value: float) -> Measurement:
    return Measurement(kind=kind, subject=feature, time=time, value=value, details={})


def _known(fraud: FraudOutcome, card: str) -> KnownFraud:
    return KnownFraud(
        fraud.event_time, fraud.delay_s, fraud.surprise, fraud.decision > 0, fraud.entities.get(card, "")
    )


def _cards(alerts: Sequence[AlertOutcome]) -> list[AlertedCard]:
    highest: dict[str, float] = {}
    for alert in alerts:
        highest[alert.card] = max(alert.surprise, highest.get(alert.card, 0.0))
    return [AlertedCard(card, surprise) for card, surprise in highest.items()]
