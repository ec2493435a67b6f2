"""The measures of the field, each with a bootstrap interval over cards or days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
TOP_CARDS = 100
REPLICATES = 200
RATES = {"0.1pct": 0.001, "0.5pct": 0.005, "1pct": 0.01}


class Unmeasurable(ValueError):
    """A test window holds no fraud or no genuine rows."""


@dataclass(frozen=True)
class ScoredWindow:
    """n labelled rows of one test window, as a contender scored them.

    Attributes:
        score: Scores, float64 (n,); higher is more suspicious.
        fraud: Which rows are fraud, bool (n,).
        card: Hash of each card, uint64 (n,).
        day: Day of each row, int64 (n,).
        amount: Amounts, float64 (n,).
        threshold: The threshold that was set before the window began, on genuine rows; where it is steered,
            the one in force at each row, float64 (n,).
    """

    score: Doubles
    fraud: NDArray[np.bool_]
    card: NDArray[np.uint64]
    day: NDArray[np.int64]
    amount: Doubles
    threshold: float | Doubles


@dataclass(frozen=True)
class Interval:
    """A figure and the 2.5% and 97.5% quantiles of its bootstrap."""

    value: float
    low: float
    high: float


def measure(
    windows: Sequence[ScoredWindow], *, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, Interval]:
    """Return the mean of each measure over test windows, by name.

    The bootstrap draws cards; for card precision it draws days.

    Args:
        windows: Test windows of one contender.
        replicates: Number of bootstrap replicates.
        seed: Equal seeds give equal intervals.

    Raises:
        Unmeasurable: a window lacks fraud or genuine rows.
    """
    for number, window in enumerate(windows, 1):
        if not window.fraud.any() or window.fraud.all():
            raise Unmeasurable(f"fold {number}: {window.fraud.sum()} frauds in {len(window.fraud)} test rows")
    ranked = [_Ranked(w) for w in windows]
    rng = np.random.default_rng(seed)
    whole = [np.ones(len(w.score)) for w in windows]
    drawn = [_mean(ranked, [r.draw(rng) for r in ranked]) for _ in range(replicates)]
    found = _mean(ranked, whole)
    out = {name: interval(value, [d[name] for d in drawn]) for name, value in found.items()}
    daily = [_card_precision(w) for w in windows]
    out[f"card_precision_at_{TOP_CARDS}"] = _days_interval(daily, replicates, rng)
    return out


class _Ranked:
    """A window in order of falling score, so that each replicate is a few sums."""

    def __init__(self, window: ScoredWindow) -> None:
        self.order = np.argsort(-window.score, kind="stable")
        self.score = window.score[self.order]
        self.fraud = window.fraud[self.order]
        self.amount = window.amount[self.order]
        self.last = np.r_[np.flatnonzero(np.diff(self.score)), len(self.score) - 1]  # of equal scores
        _, self.cards = np.unique(window.card, return_inverse=True)
        self.above = (window.score > window.threshold)[self.order]

    def draw(self, rng: np.random.Generator) -> Doubles:
        """Return the weights of one replicate, float64 (n,): how often each row's card was drawn."""
        count = int(self.cards.max()) + 1
        return np.bincount(rng.integers(0, count, count), minlength=count)[self.cards].astype(np.float64)

    def figures(self, weight: Doubles) -> dict[str, float]:
        w = weight[self.order]
        fraud, genuine = np.cumsum(w * self.fraud), np.cumsum(w * ~self.fraud)
        f, g = fraud[self.last], genuine[self.last]
        frauds, all_genuine = max(f[-1], 1e-9), max(g[-1], 1e-9)
        f0, g0 = np.r_[0.0, f[:-1]], np.r_[0.0, g[:-1]]
        out = {
            "auc_roc": float(np.sum((g - g0) * (f + f0)) / (2 * frauds * all_genuine)),
            "average_precision": float(np.sum((f - f0) * f / np.maximum(f + g, 1e-9)) / frauds),
        }
        value = np.cumsum(w * self.fraud * self.amount)
        for name, rate in RATES.items():
            at = int(np.searchsorted(g, rate * all_genuine, "right")) - 1
            row = int(self.last[at]) if at >= 0 else -1
            out[f"recall_at_{name}"] = float(f[at] / frauds) if at >= 0 else 0.0
            shown = f[at] + g[at] if at >= 0 else 0.0
            out[f"precision_at_{name}"] = float(f[at] / shown) if shown else 0.0
            out[f"value_recall_at_{name}"] = float(value[row] / max(value[-1], 1e-9)) if row >= 0 else 0.0
        passed = float(np.sum(w * self.fraud * ~self.above * self.amount))
        out["fraud_rate_by_value"] = passed / max(float(np.sum(w * self.amount)), 1e-9)
        out["alert_rate"] = float(np.sum(w * self.above * ~self.fraud) / all_genuine)
        return out


def _mean(ranked: Sequence[_Ranked], weights: Sequence[Doubles]) -> dict[str, float]:
    each = [r.figures(w) for r, w in zip(ranked, weights, strict=True)]
    return {name: float(np.mean([e[name] for e in each])) for name in each[0]}


def _card_precision(window: ScoredWindow, top: int = TOP_CARDS) -> Doubles:
    """Return the share of compromised cards among each day's `top`; found cards do not count on later days.

    Source: Le Borgne et al. 2022, «Reproducible machine learning for credit card fraud detection», ch. 4.
    """
    found: set[int] = set()
    shares = []
    for day in np.unique(window.day):
        at = np.flatnonzero(window.day == day)
        at = at[~np.isin(window.card[at], np.array(list(found), np.uint64))]
        at = at[np.argsort(-window.score[at], kind="stable")]
        _, first = np.unique(window.card[at], return_index=True)
        best = window.card[at[np.sort(first)[:top]]]
        hit = np.isin(best, window.card[at[window.fraud[at]]])
        found.update(best[hit].tolist())
        shares.append(float(hit.sum()) / top)
    return np.array(shares)


def _days_interval(daily: Sequence[Doubles], replicates: int, rng: np.random.Generator) -> Interval:
    def once(pick: Callable[[Doubles], Doubles]) -> float:
        return float(np.mean([pick(days).mean() for days in daily]))

    drawn = [once(lambda days: rng.choice(days, len(days))) for _ in range(replicates)]
    return interval(once(lambda days: days), drawn)


def interval(value: float, drawn: Sequence[float] | Doubles) -> Interval:
    """Return a figure with the 2.5% and 97.5% quantiles of its replicates."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, float(low), float(high))
