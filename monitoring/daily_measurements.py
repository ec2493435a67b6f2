"""Measurements stored for each day: drift of the last day, and quality of the last four weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from meta.histograms import stability_index
from monitoring import drift
from monitoring.periods import DAY_S, Periods
from monitoring.quality import MATURE_DAYS, AlertedCard, Delays, KnownFraud, measure_day
from monitoring.reference import Reference
from monitoring.traffic_counts import TrafficCounts
from storage import UnitOfWork
from storage.measurements import Measurement
from storage.outcomes import AlertOutcome, FraudOutcome, alerts_between

PSI, PSI_BASE = "psi", "psi_base"
ESTIMATED = "estimated_recall"
QUALITY = ("recall", ESTIMATED, "average_precision", "card_precision")


def measure_drift(periods: Periods, reference: Reference, end: float) -> list[Measurement]:
    """Measure the PSI of each feature against the week before and against the training data of the base.

    Args:
        periods: the periods that end at `end`.
        reference: histograms of the base in force.
        end: event time at which the last day ends, seconds since 1970.

    Returns:
        One measurement for each feature and comparison, dated to the calendar day (UTC) of `end`; later
        rounds of that day replace it. Empty while too little traffic is stored.
    """
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


def measure_quality(
    unit: UnitOfWork,
    outcomes: Sequence[FraudOutcome],
    hours: Mapping[float, TrafficCounts],
    newest: float,
    *,
    card: str,
    k: int,
) -> list[Measurement]:
    """Measure the quality of every whole day of the four weeks before `newest`, with today's labels.

    Args:
        unit: reads the alerts of each day.
        outcomes: known frauds.
        hours: hourly counts, by the event time at which the hour begins.
        newest: event time of the newest transaction, seconds since 1970.
        card: name of the primary entity.
        k: number of cards of card precision at k.

    Returns:
        The measurements of all days that have traffic.
    """
    frauds = known_frauds(outcomes, card)
    delays = Delays.from_frauds(frauds, newest)
    last = newest // DAY_S * DAY_S - DAY_S
    found = []
    for start in (last - age * DAY_S for age in range(int(MATURE_DAYS))):
        of_day = [one for at, one in hours.items() if start <= at < start + DAY_S]
        if of_day:
            cards = _cards(alerts_between(unit.session, start, start + DAY_S))
            that_day = [fraud for fraud in frauds if start <= fraud.event_time < start + DAY_S]
            traffic = sum(of_day[1:], of_day[0])
            found += measure_day(start, newest, that_day, cards, traffic, delays, k)
    return found


def newest_quality(unit: UnitOfWork, label_delay_days: float) -> dict[str, Measurement]:
    """Return the newest day of each quality measure whose labels are in.

    Estimated recall fills the gap: it is returned for the newest day, whose labels are still incomplete.

    Args:
        unit: reads the stored measurements.
        label_delay_days: age in days from which the labels of a day count as complete.

    Returns:
        The measurement, by kind.
    """
    found = {}
    for kind in QUALITY:
        rows = unit.measurements.of_kind(kind)
        if kind != ESTIMATED:
            rows = [row for row in rows if row.details["age_days"] >= label_delay_days]
        if rows:
            found[kind] = rows[-1]
    return found


def _psi(kind: str, feature: str, time: float, value: float) -> Measurement:
    details = {"watched": drift.is_watched(feature)}
    return Measurement(kind=kind, subject=feature, time=time, value=value, details=details)


def known_frauds(outcomes: Sequence[FraudOutcome], card: str) -> list[KnownFraud]:
    """Return known frauds as quality is measured on; `card` is the name of the primary entity."""
    return [_known(fraud, card) for fraud in outcomes]


def _known(fraud: FraudOutcome, card: str) -> KnownFraud:
    return KnownFraud(
        fraud.event_time, fraud.delay_s, fraud.surprise, fraud.decision > 0, fraud.entities.get(card, "")
    )


def _cards(alerts: Sequence[AlertOutcome]) -> list[AlertedCard]:
    highest: dict[str, float] = {}
    for alert in alerts:
        highest[alert.card] = max(alert.surprise, highest.get(alert.card, 0.0))
    return [AlertedCard(card, surprise) for card, surprise in highest.items()]
