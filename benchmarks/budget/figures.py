"""Figures of a walk: the rate of each day and hour relative to the budget, and recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.budget.walk import HOUR, Desk
from benchmarks.fewshot.datasets import DAY

FEWEST_IN_AN_HOUR = 3.0
"""False alarms that the budget allows in an hour, below which an hour measures no rate."""
WITHIN = 0.1


@dataclass(frozen=True)
class Figures:
    """What one policy did on one stream.

    Attributes:
        stream: Name of the stream.
        budget: Share of genuine traffic that may be alerted.
        policy: Name of the policy.
        a_day: False alarms that the budget allows on a mean day.
        rate: False alarms over the budget, of all days together.
        days: The same of each day.
        days_within: Share of the days within 10% of the budget.
        days_within_one: Share of the days within 10% of the budget or one false alarm.
        worst_hour: The highest rate of an hour over the budget; None where hours are too small.
        recall: Share of frauds alerted.
        oracle_recall: Of one threshold, chosen with hindsight, that gives equally many false alarms.
        moves_a_day: Changes of the threshold a day.
    """

    stream: str
    budget: float
    policy: str
    a_day: float
    rate: float
    days: list[float]
    days_within: float
    days_within_one: float
    worst_hour: float | None
    recall: float
    oracle_recall: float
    moves_a_day: float

    @property
    def worst_day(self) -> float:
        """The day furthest from the budget, relative to it."""
        return max(self.days, key=lambda rate: abs(rate - 1.0))


def figures_of(desk: Desk, policy: str, budget: float, moves: int = 0) -> Figures:
    """Measure the days of a stream.

    Args:
        desk: The desk after the walk.
        policy: Name of the policy.
        budget: Share of genuine traffic that may be alerted.
        moves: Changes of the threshold.
    """
    stream = desk.stream
    rows = stream.rows(stream.first, stream.last)
    genuine, alerted, score = ~stream.fraud[rows], desk.alerted[rows], stream.score[rows]
    since = stream.seconds[rows] - stream.first
    allowed, made = _counts(since // DAY, genuine, alerted, budget)
    hours, in_hours = _counts(since // HOUR, genuine, alerted, budget)
    large = hours >= FEWEST_IN_AN_HOUR
    share = float(np.mean(alerted[genuine]))
    level = np.quantile(score[genuine], 1.0 - share)
    apart = np.abs(made - allowed)
    return Figures(
        stream.name, budget, policy, float(np.mean(allowed)), share / budget, (made / allowed).tolist(),
        float(np.mean(apart <= WITHIN * allowed)),
        float(np.mean(apart <= np.maximum(WITHIN * allowed, 1.0))),
        float(np.max(in_hours[large] / hours[large])) if large.any() else None,
        float(np.mean(alerted[~genuine])), float(np.mean(score[~genuine] > level)),
        moves * DAY / (stream.last - stream.began),
    )  # fmt: skip


def _counts(
    period: NDArray[np.float64], genuine: NDArray[np.bool_], alerted: NDArray[np.bool_], budget: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return false alarms allowed and made in each period."""
    number = period.astype(np.int64)
    count = int(number[-1]) + 1
    allowed = budget * np.bincount(number[genuine], minlength=count).astype(np.float64)
    return allowed, np.bincount(number[genuine & alerted], minlength=count).astype(np.float64)
