"""Hours of small portfolios, with and without a change, counted as the monitor counts them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift.portfolio import DAY_S, START, Payments, Scorer
from benchmarks.drift.stages import Change, all_amounts_tripled, amounts_in_cents, as_it_was, new_cards
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from meta.histograms import BINS
from monitoring.traffic_counts import HOUR_S, SURPRISE_BINS, TrafficCounts, surprise_bin

NAMES = tuple(FeatureLayout(TransactionSchema()).names)
CHANGE_DAY, AFTER_DAYS = 49, 14
CHANGE_H = CHANGE_DAY * 24
CHANGE_AT = START + CHANGE_DAY * DAY_S


@dataclass(frozen=True)
class Hours:
    """Counts of every hour of a portfolio; all fields have T entries."""

    features: NDArray[np.float64]
    """(T, d, 10)."""
    surprise: NDArray[np.float64]
    """(T, 120)."""

    def traffic(self, hour: int) -> TrafficCounts:
        rows = int(self.surprise[hour].sum())
        return TrafficCounts(self.features[hour], self.surprise[hour], float(rows), rows)


@dataclass(frozen=True)
class Drift:
    """One kind and size of change, from day 49 on."""

    name: str
    change: Change = as_it_was
    surprise_more: float = 0.0


def amounts_times(factor: float) -> Change:
    """Return a change that multiplies every amount; whole amounts stay whole."""
    return lambda payments, after, rng: replace(
        payments, amount=np.where(after, _raised(payments.amount, factor), payments.amount)
    )


def cents_on(share: float) -> Change:
    """Return a change that makes a share of the payments send cents instead of euros."""
    return lambda payments, after, rng: replace(
        payments,
        amount=np.where(after & (rng.random(len(payments)) < share), payments.amount * 100, payments.amount),
    )


def amounts_creep(payments: Payments, after: NDArray[np.bool_], rng: np.random.Generator) -> Payments:
    """Let all amounts grow by 3% a day, to half as much again in two weeks."""
    days = np.maximum(payments.time - CHANGE_AT, 0.0) / DAY_S
    return replace(payments, amount=_raised(payments.amount, 1.03**days))


def _raised(amount: NDArray[np.float64], factor: float | NDArray[np.float64]) -> NDArray[np.float64]:
    whole = amount == np.round(amount)
    return np.where(whole, np.maximum(np.round(amount * factor), 1.0), np.round(amount * factor, 2))


DRIFTS = (
    Drift("amounts in cents on 20%", amounts_in_cents),
    Drift("amounts in cents on 2%", cents_on(0.02)),
    Drift("all amounts tripled", all_amounts_tripled),
    Drift("all amounts 30% higher", amounts_times(1.3)),
    Drift("all amounts 3% higher each day", amounts_creep),
    Drift("10% of payments by new cards", new_cards),
    Drift("tails off by a factor of ten", surprise_more=1.0),
    Drift("tails off by a factor of 1.6", surprise_more=0.2),
)


def count_hours(payments: Payments, features: NDArray[np.float32], surprise: NDArray[np.float64],
                edges: NDArray[np.float32]) -> Hours:  # fmt: skip
    """Count payments by hour from START: each feature in the bins of the base, surprise in twentieths."""
    hour = ((payments.time - START) // HOUR_S).astype(np.int64)
    total, width = int(hour[-1]) + 1, len(edges)
    counted = np.empty((total, width, BINS))
    for j in range(width):
        at = hour * BINS + np.searchsorted(edges[j], features[:, j], "right")
        counted[:, j] = np.bincount(at, minlength=total * BINS).reshape(total, BINS)
    tails = np.bincount(hour * SURPRISE_BINS + surprise_bin(surprise), minlength=total * SURPRISE_BINS)
    return Hours(counted, tails.reshape(total, SURPRISE_BINS).astype(np.float64))


def ordinary_hours(payments: Payments, scorer: Scorer) -> tuple[Hours, NDArray[np.float64]]:
    """Return the hours of the unchanged portfolio, and the surprise of every payment."""
    features = payments.features()
    surprise = scorer.surprise(features)
    return count_hours(payments, features, surprise, scorer.base.histograms.edges), surprise


def changed_hours(
    payments: Payments, scorer: Scorer, drift: Drift, known: NDArray[np.float64], rng: np.random.Generator
) -> Hours:
    """Return the hours up to two weeks after the change; `known` are the surprises without it."""
    near = payments.take(payments.time < CHANGE_AT + AFTER_DAYS * DAY_S)
    after = near.time >= CHANGE_AT
    near = drift.change(near, after, rng)
    features, surprise = near.features(), known[: len(near)].copy()
    surprise[after] = scorer.surprise(features[after]) + drift.surprise_more
    return count_hours(near, features, surprise, scorer.base.histograms.edges)
