"""Quality of detection for each day, by the labels known so far.

A day is measured again in every round, since labels arrive late. Recall is too high at first, because alerted
frauds are labelled sooner than missed ones. The estimated recall corrects for labels still to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from meta.intervals import wilson
from monitoring.intervals import average_precision, bootstrap_average_precision
from monitoring.periods import DAY_S
from monitoring.traffic_counts import SURPRISE_BINS, TrafficCounts, surprise_bin
from storage.measurements import Measurement

MATURE_DAYS = 28.0
"""From this age on nearly all frauds of a day are known; label delays are measured on such days."""
ENOUGH_DELAYS = 30


@dataclass(frozen=True)
class KnownFraud:
    """A transaction labelled fraud."""

    event_time: float
    """Seconds since 1970."""
    delay_s: float
    """Seconds from the payment to its first label."""
    surprise: float
    alerted: bool
    card: str


@dataclass(frozen=True)
class AlertedCard:
    """A card with an alert on a day, with the highest surprise of its alerts."""

    card: str
    surprise: float


@dataclass(frozen=True)
class Delays:
    """Label delays of frauds of mature days, in seconds."""

    alerted: Doubles
    """Of frauds that were alerted."""
    missed: Doubles
    """Of frauds that were not alerted."""

    @classmethod
    def from_frauds(cls, frauds: Sequence[KnownFraud], now: float) -> Delays:
        """Collect the delays of frauds at least 28 days old at `now`, event time in seconds since 1970."""
        old = [fraud for fraud in frauds if fraud.event_time <= now - MATURE_DAYS * DAY_S]
        return cls(
            np.array([fraud.delay_s for fraud in old if fraud.alerted]),
            np.array([fraud.delay_s for fraud in old if not fraud.alerted]),
        )

    def share_arrived(self, age_s: float, *, alerted: bool) -> float | None:
        """Return the share of labels that arrive within `age_s` seconds; None with fewer than 30 delays."""
        delays = self.alerted if alerted else self.missed
        return float(np.mean(delays <= age_s)) if len(delays) >= ENOUGH_DELAYS else None


def measure_day(
    start: float,
    now: float,
    frauds: Sequence[KnownFraud],
    cards: Sequence[AlertedCard],
    traffic: TrafficCounts | None,
    delays: Delays,
    k: int,
) -> list[Measurement]:
    """Measure recall, estimated recall, average precision and card precision at k of one day.

    Args:
        start: event time at which the day begins, seconds since 1970.
        now: event time of the newest transaction.
        frauds: known frauds of the day.
        cards: cards alerted on the day.
        traffic: traffic counts of the day; without them average precision is left out.
        delays: label delays, for the estimated recall.
        k: number of cards of card precision at k, 1 or more.

    Returns:
        One measurement for each figure that can be computed, with its 95% interval.
    """
    age_s = now - (start + DAY_S / 2)
    caught, known = sum(fraud.alerted for fraud in frauds), len(frauds)
    estimated = _estimated(caught, known - caught, delays, age_s)
    about = {"age_days": age_s / DAY_S, "frauds": known, "labels_missing": estimated.get("missing")}
    found = []
    if known:
        found.append(_measured("recall", start, caught / known, wilson(caught, known), about))
    if "recall" in estimated:
        n = estimated["frauds"]
        bounds = wilson(estimated["recall"] * n, n)
        found.append(_measured("estimated_recall", start, estimated["recall"], bounds, about))
    if known and traffic is not None and traffic.rows > 0:
        found.append(_ranked(start, frauds, traffic, about))
    if cards:
        found.append(_cards(start, frauds, cards, k, about))
    return found


def _estimated(caught: int, missed: int, delays: Delays, age_s: float) -> dict[str, float]:
    """Estimate the frauds and the recall once all labels are in, if labels keep their usual delays."""
    a, b = delays.share_arrived(age_s, alerted=True), delays.share_arrived(age_s, alerted=False)
    if not a or not b or caught + missed == 0:
        return {}
    frauds = caught / a + missed / b
    return {"frauds": frauds, "recall": caught / a / frauds, "missing": 1 - (caught + missed) / frauds}


def _ranked(
    start: float, frauds: Sequence[KnownFraud], traffic: TrafficCounts, about: Mapping[str, object]
) -> Measurement:
    known = np.bincount(surprise_bin(np.array([f.surprise for f in frauds])), minlength=SURPRISE_BINS)
    frauds_by_bin = known.astype(np.float64)
    others = np.maximum(traffic.surprise - frauds_by_bin, 0.0)
    value = float(average_precision(frauds_by_bin, others))
    bounds = bootstrap_average_precision(frauds_by_bin, others)
    return _measured("average_precision", start, value, bounds, about)


def _cards(
    start: float,
    frauds: Sequence[KnownFraud],
    cards: Sequence[AlertedCard],
    k: int,
    about: Mapping[str, object],
) -> Measurement:
    first = sorted(cards, key=lambda one: -one.surprise)[:k]
    compromised = {fraud.card for fraud in frauds}
    hits = sum(one.card in compromised for one in first)
    details = {**about, "k": len(first)}
    return _measured("card_precision", start, hits / len(first), wilson(hits, len(first)), details)


def _measured(
    kind: str, start: float, value: float, bounds: tuple[float, float], about: Mapping[str, object]
) -> Measurement:
    return Measurement(
        kind=kind, subject="", time=start, value=value, low=bounds[0], high=bounds[1], details=dict(about)
    )
