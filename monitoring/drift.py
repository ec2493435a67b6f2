"""How far a period of traffic is from another: PSI by feature, KS of scores, values and entities never seen.

Compared is not with the training data alone. A base may be far from a portfolio from its first day on (its
PSI is shown, it is no alarm); what changed since last week is news.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from meta.histograms import stability_index
from monitoring.hours import MISSING, SURPRISE_BINS, SURPRISE_TOP, Traffic

# Conventions of the field (Siddiqi 2006).
WATCH, MAJOR = 0.1, 0.25
# These say what day it is and how long we have been watching; they move every day, and nobody need act.
_CALENDAR = ("hour_sin", "hour_cos", "night", "weekend")
_AGE = "_log_age_days"
# A value carried by fewer than one in 10,000 before counts as not seen before.
_SEEN_FROM = 1e-4


@dataclass(frozen=True)
class FeatureDrift:
    """One feature now and before: PSI, and the shares in the reference's ten bins, (10,) each."""

    feature: str
    psi: float
    now: Doubles
    before: Doubles


def watched(feature: str) -> bool:
    """Whether drift of this feature is news.

    >>> watched("card_ratio_7d"), watched("weekend"), watched("card_log_age_days")
    (True, False, False)
    """
    return feature not in _CALENDAR and not feature.endswith(_AGE)


def feature_drift(now: Traffic, before: Traffic, names: Sequence[str]) -> list[FeatureDrift]:
    """Every feature of `names`, in their order."""
    a, b = shares(now.features), shares(before.features)
    found = stability_index(a, b)
    return [FeatureDrift(name, float(found[j]), a[j], b[j]) for j, name in enumerate(names)]


def shares(counts: Doubles) -> Doubles:
    """Counts (..., bins) as shares; zeros where nothing was counted."""
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1.0))


def score_psi(now: Traffic) -> float:
    """PSI of the tails against what they should be: a tenth of traffic in each tenth.

    Surprise is counted in twentieths; the edges of tenths of tail lie within them, so counts are split as if
    traffic were even within a twentieth.
    """
    edges = -np.log10(np.arange(9, 0, -1) / 10)
    return float(stability_index(_in_bins(now.surprise, edges), np.full(10, 0.1)))


def kolmogorov_smirnov(now: Traffic, before: Traffic) -> float:
    """Largest distance of the two distributions of surprise, 0 to 1, at the edges of twentieths."""
    a, b = np.cumsum(shares(now.surprise)), np.cumsum(shares(before.surprise))
    return float(np.max(np.abs(a - b)))


def unseen(now: Counter[str], before: Counter[str]) -> dict[str, float]:
    """Share of traffic by value, for values that hardly anybody had before; missing is not a value.

    >>> unseen(Counter({"EUR": 90, "XTS": 10}), Counter({"EUR": 1000}))
    {'XTS': 0.1}
    """
    n, m = max(now.total(), 1), max(before.total(), 1)
    return {
        value: count / n
        for value, count in now.items()
        if value != MISSING and before[value] / m < _SEEN_FROM <= count / n
    }


def missing(counts: Counter[str]) -> float:
    """Share of traffic without a value."""
    return counts[MISSING] / max(counts.total(), 1)


def novelty(traffic: Traffic, entity: str) -> float:
    """Share of traffic whose entity of this kind was never seen before."""
    return traffic.new[entity] / max(traffic.rows, 1.0)


def _in_bins(surprise: Doubles, edges: Doubles) -> Doubles:
    at = np.linspace(0.0, SURPRISE_TOP, SURPRISE_BINS + 1)
    reached = np.interp(edges, at, np.concatenate([[0.0], np.cumsum(shares(surprise))]))
    return np.diff(np.concatenate([[0.0], reached, [1.0]]))
