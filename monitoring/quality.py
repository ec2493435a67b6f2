"""How good detection was, day by day, as far as labels tell by now.

A day is measured again whenever labels come: its recall is low at first, since frauds that slipped through
are reported late, and how many are still to come is told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from monitoring.findings import DAY_S
from monitoring.hours import SURPRISE_BINS, Traffic, surprise_bin
from monitoring.intervals import average_precision, bootstrap_average_precision, wilson
from storage.measurements import Measurement

MATURE_DAYS = 28.0
"""After so long nearly all frauds are known; the delays of such days tell what younger days still miss."""
ENOUGH_DELAYS = 30


@dataclass(frozen=True)
class KnownFraud:
    """A transaction labelled fraud; times in seconds, the delay from the payment to its first label."""

    event_time: float
    delay_s: float
    surprise: float
    alerted: bool
    card: str


@dataclass(frozen=True)
class AlertedCard:
    """A card alerted on a day, with the highest surprise of its alerts."""

    card: str
    surprise: float


@dataclass(frozen=True)
class Delays:
    """Delays of labels of mature days, of frauds that were alerted and of those that slipped through."""

    alerted: Doubles
    missed: Doubles

    @classmethod
    def of(cls, frauds: Sequence[KnownFraud], now: float) -> Delays:
        """From all frauds of days that are mature at `now`."""
        old = [fraud for fraud in frauds if fraud.event_time <= now - MATURE_DAYS * DAY_S]
        return cls(
            np.array([fraud.delay_s for fraud in old if fraud.alerted]),
            np.array([fraud.delay_s for fraud in old if not fraud.alerted]),
        )

    def arrived(self, age_s: float, *, alerted: bool) -> float | None:
        """Share of labels that have come after `age_s`; None where too few delays are known."""
        delays = self.alerted if alerted else self.missed
        return float(np.mean(delays <= age_s)) if len(delays) >= ENOUGH_DELAYS else None


def day_quality(
    start: float,
    now: float,
    frauds: Sequence[KnownFraud],
    cards: Sequence[AlertedCard],
    traffic: Traffic | None,
    delays: Delays,
    k: int,
) -> list[Measurement]:
    """Recall, estimated recall, average precision and card precision@k of the day from `start`.

    frauds, cards: those of the day. traffic: its counts; without them there is no average precision.
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
    """What will be known once all labels have come, if they keep coming as they did."""
    a, b = delays.arrived(age_s, alerted=True), delays.arrived(age_s, alerted=False)
    if not a or not b or caught + missed == 0:
        return {}
    frauds = caught / a + missed / b
    return {"frauds": frauds, "recall": caught / a / frauds, "missing": 1 - (caught + missed) / frauds}


def _ranked(
    start: float, frauds: Sequence[KnownFraud], traffic: Traffic, about: Mapping[str, object]
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
    told = {**about, "k": len(first)}
    return _measured("card_precision", start, hits / len(first), wilson(hits, len(first)), told)


def _measured(
    kind: str, start: float, value: float, bounds: tuple[float, float], about: Mapping[str, object]
) -> Measurement:
    return Measurement(
        kind=kind, subject="", time=start, value=value, low=bounds[0], high=bounds[1], details=dict(about)
    )
