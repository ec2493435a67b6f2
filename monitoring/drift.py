"""Distances between two periods of traffic: PSI by feature, KS of scores, unseen values, new entities.

Alarms compare with the week before, not with the training data. A base may be far from a portfolio from the
first day on: that PSI is shown and raises no alarm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from meta.histograms import stability_index
from monitoring.traffic_counts import MISSING, SURPRISE_BINS, SURPRISE_TOP, TrafficCounts

# Conventional limits of PSI (Siddiqi 2006).
WATCH, MAJOR = 0.1, 0.25
# These features depend on the calendar and on the time since the start; they move every day by nature.
_CALENDAR = ("hour_sin", "hour_cos", "night", "weekend")
_AGE = "_log_age_days"
# A value that fewer than 1 in 10,000 transactions carried counts as unseen.
_SEEN_FROM = 1e-4


@dataclass(frozen=True)
class FeatureDrift:
    """The drift of one feature."""

    feature: str
    psi: float
    now: Doubles
    """Shares in the ten bins of the reference, (10,)."""
    before: Doubles
    """The same shares before."""


def is_watched(feature: str) -> bool:
    """Decide whether drift of a feature may raise an alarm.

    Args:
        feature: name of the feature.

    Returns:
        False for features that follow the calendar or the time since the start.

    Example:
        >>> is_watched("card_ratio_7d"), is_watched("weekend"), is_watched("card_log_age_days")
        (True, False, False)
    """
    return feature not in _CALENDAR and not feature.endswith(_AGE)


def feature_drift(now: TrafficCounts, before: TrafficCounts, names: Sequence[str]) -> list[FeatureDrift]:
    """Return the drift of every feature of `names`, in their order."""
    a, b = shares(now.features), shares(before.features)
    found = stability_index(a, b)
    return [FeatureDrift(name, float(found[j]), a[j], b[j]) for j, name in enumerate(names)]


def shares(counts: Doubles) -> Doubles:
    """Turn counts (..., bins) into shares; zeros where nothing was counted."""
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1.0))


def score_psi(now: TrafficCounts) -> float:
    """Return the PSI of the tails against the even distribution: a tenth of the traffic in each tenth.

    Surprise is counted in bins of 0.05. The edges of the tenths lie inside those bins, so a bin is split as
    if its traffic were even.
    """
    edges = -np.log10(np.arange(9, 0, -1) / 10)
    return float(stability_index(_in_bins(now.surprise, edges), np.full(10, 0.1)))


def kolmogorov_smirnov(now: TrafficCounts, before: TrafficCounts) -> float:
    """Return the largest distance of the two distributions of surprise, 0 to 1, at the edges of the bins."""
    a, b = np.cumsum(shares(now.surprise)), np.cumsum(shares(before.surprise))
    return float(np.max(np.abs(a - b)))


def unseen_values(now: Counter[str], before: Counter[str]) -> dict[str, float]:
    """Find values that were unseen before; a missing value does not count.

    Args:
        now: counts by value.
        before: counts by value of the earlier period.

    Returns:
        Share of the traffic now, by unseen value.

    Example:
        >>> unseen_values(Counter({"EUR": 90, "XTS": 10}), Counter({"EUR": 1000}))
        {'XTS': 0.1}
    """
    n, m = max(now.total(), 1), max(before.total(), 1)
    return {
        value: count / n
        for value, count in now.items()
        if value != MISSING and before[value] / m < _SEEN_FROM <= count / n
    }


def missing_share(counts: Counter[str]) -> float:
    """Return the share of traffic without a value."""
    return counts[MISSING] / max(counts.total(), 1)


def new_entity_share(traffic: TrafficCounts, entity: str) -> float:
    """Return the share of traffic whose entity of this kind had never been seen."""
    return traffic.new[entity] / max(traffic.rows, 1.0)


def _in_bins(surprise: Doubles, edges: Doubles) -> Doubles:
    at = np.linspace(0.0, SURPRISE_TOP, SURPRISE_BINS + 1)
    reached = np.interp(edges, at, np.concatenate([[0.0], np.cumsum(shares(surprise))]))
    return np.diff(np.concatenate([[0.0], reached, [1.0]]))
