"""The business view: fraud rates, money held, false positives, analysts' time and the queue.

Sources:
    PSD2: Commission Delegated Regulation (EU) 2018/389, article 19 and annex. The fraud rate of remote card
    payments is the amount of unauthorised or fraudulent ones divided by the amount of all, over 90 days.
    Visa Acquirer Monitoring Program (VAMP), in force since 1 April 2025. Its ratio is fraud reports (TC40)
    and disputes (TC15) divided by settled card-absent transactions (TC05), by count, each month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.business_view import BusinessView, ScorerMoney, SegmentFigures
from monitoring.scorer_figures import OTHER, TOP
from monitoring.traffic_counts import ABSENT

PSD2_LIMITS = ((0.0001, 500), (0.0006, 250), (0.0013, 100))
"""Highest fraud rate of remote card payments, and the amount in EUR that it may exempt."""
VAMP_LEVELS = ((0.007, "excessive"), (0.005, "above standard"))
"""Ratios of an acquirer, the highest first; Visa also asks for 1,500 frauds and disputes a month."""
PAUSE_S = 900.0
"""An analyst who gives no verdict for this long is doing something else."""
ENOUGH_GAPS = 10


@dataclass(frozen=True)
class DayTraffic:
    """Payments and their amount on one day, by segment."""

    payments: Mapping[str, float]
    value: Mapping[str, float]


@dataclass(frozen=True)
class FraudLoss:
    """A known fraud: its segment, its amount, and whether it passed without an alert."""

    segment: str
    amount: float
    passed: bool


@dataclass(frozen=True)
class QueueAge:
    """Alerts without a verdict, and the event time since the oldest and the middle one, seconds."""

    waiting: int = 0
    oldest_s: float = 0.0
    median_s: float = 0.0


def business_view(
    since: float,
    until: float,
    days: Sequence[DayTraffic],
    frauds: Iterable[FraudLoss],
    scorers: Mapping[str, ScorerMoney],
    review_s: float | None,
    queue: QueueAge,
) -> BusinessView:
    """Compute the figures of a period.

    Args:
        since: beginning of the period, event time in seconds since 1970.
        until: its end.
        days: traffic of each day of the period.
        frauds: known frauds of the period.
        scorers: figures of the period by scorer.
        review_s: seconds that analysts take for one alert.
        queue: age of the queue.

    Returns:
        The view.
    """
    segments = segment_figures(days, frauds)
    absent = segments.get(ABSENT, SegmentFigures())
    ratio = absent.passed / absent.payments if absent.payments > 0 else None
    return BusinessView(
        since=since,
        until=until,
        days=len(days),
        segments=segments,
        scorers=busiest_scorers(scorers),
        psd2_limit=psd2_limit(absent.rate_by_value),
        vamp_ratio=ratio,
        vamp_level=vamp_level(ratio),
        review_s=review_s,
        waiting=queue.waiting,
        oldest_s=queue.oldest_s,
        median_s=queue.median_s,
    )


def segment_figures(days: Iterable[DayTraffic], frauds: Iterable[FraudLoss]) -> dict[str, SegmentFigures]:
    """Add up traffic and known frauds by segment."""
    sums: dict[str, dict[str, float]] = {}
    for day in days:
        for segment, payments in day.payments.items():
            _add(sums, segment, payments=payments, value=day.value.get(segment, 0.0))
    for fraud in frauds:
        passed = float(fraud.passed)
        _add(sums, fraud.segment, frauds=1, fraud_value=fraud.amount)
        _add(sums, fraud.segment, passed=passed, passed_value=passed * fraud.amount)
    return {name: _figures(found) for name, found in sorted(sums.items())}


def psd2_limit(rate: float | None) -> int | None:
    """Return the highest amount in EUR that a fraud rate of remote card payments may exempt.

    Args:
        rate: fraud rate by value, 0 to 1; None if there were no payments.

    Returns:
        500, 250, 100, or 0 above all reference rates; None without a rate.

    Example:
        >>> psd2_limit(0.0005), psd2_limit(0.002)
        (250, 0)
    """
    if rate is None:
        return None
    return next((limit for highest, limit in PSD2_LIMITS if rate <= highest), 0)


def vamp_level(ratio: float | None) -> str:
    """Return the level of an acquirer with this ratio: `below`, `above standard` or `excessive`.

    Example:
        >>> vamp_level(0.004), vamp_level(0.005), vamp_level(0.01)
        ('below', 'above standard', 'excessive')
    """
    return next((level for lowest, level in VAMP_LEVELS if ratio is not None and ratio >= lowest), "below")


def review_seconds(verdicts: Iterable[tuple[str, float]]) -> float | None:
    """Return the seconds that analysts take for one alert, from the pauses between their verdicts.

    Args:
        verdicts: author and time of each verdict, seconds since 1970; equal times are one request.

    Returns:
        Seconds worked divided by verdicts given; None with fewer than ten pauses of at most 15 minutes.
    """
    by_author: dict[str, list[float]] = {}
    for author, time in verdicts:
        by_author.setdefault(author, []).append(time)
    seconds, given, gaps = 0.0, 0, 0
    for times in by_author.values():
        moments, counts = np.unique(times, return_counts=True)
        pauses = np.diff(moments)
        worked = pauses <= PAUSE_S
        seconds += float(pauses[worked].sum())
        given += int(counts[1:][worked].sum())
        gaps += int(worked.sum())
    return seconds / given if gaps >= ENOUGH_GAPS else None


def busiest_scorers(scorers: Mapping[str, ScorerMoney], top: int = TOP) -> dict[str, ScorerMoney]:
    """Keep the scorers with most alerts, and add up the rest as `other`."""
    ordered = sorted(scorers.items(), key=lambda one: (-one[1].alerts, one[0]))
    rest = sum((one for _, one in ordered[top:]), ScorerMoney())
    return dict(ordered[:top]) | ({OTHER: rest} if len(ordered) > top else {})


def _add(sums: dict[str, dict[str, float]], segment: str, **more: float) -> None:
    found = sums.setdefault(segment, {})
    for name, value in more.items():
        found[name] = found.get(name, 0.0) + value


def _figures(found: Mapping[str, float]) -> SegmentFigures:
    return SegmentFigures(
        payments=found.get("payments", 0.0),
        value=found.get("value", 0.0),
        frauds=int(found.get("frauds", 0)),
        fraud_value=found.get("fraud_value", 0.0),
        passed=int(found.get("passed", 0)),
        passed_value=found.get("passed_value", 0.0),
    )
