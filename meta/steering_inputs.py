"""What steering decides on: recent transactions, alerts with their verdicts, and the period of the budget."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.volume import DAY_S

HOUR_S = 3_600.0
HALF_LIFE_S = 7 * DAY_S
"""Age at which a row counts half; chosen on Handbook days 105 to 119."""


@dataclass(frozen=True)
class RecentScores:
    """An even sample of n recent transactions that no verdict calls fraud.

    Attributes:
        surprise: Surprise under everything in force, float64 (n,).
        event_time: Seconds since 1970, float64 (n,).
        scale: Transactions that each of the sample represents, 1 or more.
    """

    surprise: Doubles
    event_time: Doubles
    scale: float

    @cached_property
    def descending(self) -> tuple[Doubles, Doubles, Doubles]:
        """Surprise, age in seconds and weight of the rows, highest surprise first."""
        order = np.argsort(-self.surprise, kind="stable")
        age = np.max(self.event_time, initial=0.0) - self.event_time[order]
        return self.surprise[order], age, np.exp2(-age / HALF_LIFE_S)


@dataclass(frozen=True)
class RecentAlerts:
    """n alerts of recent days, at least those of today.

    Attributes:
        event_time: Seconds since 1970, float64 (n,).
        surprise: As it was scored, float64 (n,).
        judged: Whether there is a verdict, bool (n,).
        fraud: Whether the verdict is fraud, bool (n,).
        comparable: Whether it was scored under the tails and detectors that are in force, bool (n,).
        card: Number of the primary entity, equal where it is the same, int64 (n,).
        cause: 0 where the threshold raised it; else the number of the rule, list or segment that did, which
            no threshold changes, int64 (n,). None where the threshold raised all.
    """

    event_time: Doubles
    surprise: Doubles
    judged: NDArray[np.bool_]
    fraud: NDArray[np.bool_]
    comparable: NDArray[np.bool_]
    card: NDArray[np.int64]
    cause: NDArray[np.int64] | None = None

    @cached_property
    def causes(self) -> NDArray[np.int64]:
        """`cause`, int64 (n,); zeros where the threshold raised all."""
        return np.zeros(len(self.judged), np.int64) if self.cause is None else self.cause

    @cached_property
    def fixed(self) -> NDArray[np.bool_]:
        """Whether a rule, a list or a segment raised it, bool (n,)."""
        return np.not_equal(self.causes, 0)

    @cached_property
    def steered(self) -> RecentAlerts:
        """The alerts that the threshold raised."""
        if not self.fixed.any():
            return self
        rows = ~self.fixed
        return RecentAlerts(
            self.event_time[rows],
            self.surprise[rows],
            self.judged[rows],
            self.fraud[rows],
            self.comparable[rows],
            self.card[rows],
        )


@dataclass(frozen=True)
class Traffic:
    """What is stored when a decision is made.

    Attributes:
        scores: Recent transactions under everything in force.
        alerts: Recent alerts.
        now: The newest event time, seconds since 1970.
        rows: Transactions since `period_start`.
        reaction: Transactions that arrive before this decision can be corrected.
    """

    scores: RecentScores
    alerts: RecentAlerts
    now: float
    rows: float
    reaction: float


def period_start(now: float, *, learning: bool) -> float:
    """Return when the period of the budget began: the day (UTC), or the hour while learning."""
    length = HOUR_S if learning else DAY_S
    return now // length * length
