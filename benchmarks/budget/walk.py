"""Walks through a stream in steps of event time; a policy sets the threshold from what is stored by then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.budget.streams import ScoredStream
from benchmarks.fewshot.datasets import DAY
from meta.calibration import Tails
from storage.traffic_sample import SIZE

HOUR = 3_600.0
# As in `benchmarks.drift`: analysts work from seven to ten and are one to six hours behind. Chargebacks of
# fraud without an alert take days.
SHIFT_H, BEHIND_H = (7, 22), (1.0, 6.0)
CHARGEBACK_DAYS, CHARGEBACK_SPREAD = 6.0, 0.6
SAMPLED_DAYS = 14.0


@dataclass
class Desk:
    """What is stored of a stream at a moment.

    Attributes:
        stream: The stream; a policy reads no row from `now` on.
        tails: In force.
        threshold: In force, as surprise.
        alerted: Rows that were alerted, bool (n,).
        stored: Surprise of each row as it was scored, float64 (n,).
        now: Event time up to which rows are scored.
        fed: Number of rows that are scored.
    """

    stream: ScoredStream
    tails: Tails
    threshold: float
    seed: int
    alerted: NDArray[np.bool_] = field(init=False)
    stored: NDArray[np.float64] = field(init=False)
    now: float = 0.0
    fed: int = 0

    def __post_init__(self) -> None:
        n, rng = len(self.stream.seconds), np.random.default_rng(self.seed)
        self.alerted, self.stored = np.zeros(n, np.bool_), np.zeros(n)
        self._judged_at = _in_shift(self.stream.seconds + rng.uniform(*BEHIND_H, n) * HOUR)
        days = np.exp(np.log(CHARGEBACK_DAYS) + CHARGEBACK_SPREAD * rng.standard_normal(n))
        self._charged_at = self.stream.seconds + days * DAY

    def step(self, until: float) -> None:
        """Score the rows up to an event time under what is in force."""
        end = int(np.searchsorted(self.stream.seconds, until))
        rows = slice(self.fed, end)
        self.stored[rows] = self.tails.surprise(self.stream.score[rows])
        self.alerted[rows] = self.stored[rows] > self.threshold
        self.now, self.fed = until, end

    def since(self, start: float) -> NDArray[np.intp]:
        """Return the stored rows from an event time on."""
        return np.arange(np.searchsorted(self.stream.seconds, start), self.fed)

    def judged(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of these alerts have a verdict."""
        found: NDArray[np.bool_] = self._judged_at[rows] <= self.now
        return found

    def sample(self) -> NDArray[np.intp]:
        """Return an even sample of recent rows without known fraud, as the adaptation worker draws it."""
        pool = self.since(self.now - SAMPLED_DAYS * DAY)
        if len(pool) > SIZE:
            pool = np.sort(np.random.default_rng(len(pool)).choice(pool, SIZE, replace=False))
        known = np.where(self.alerted[pool], self._judged_at[pool], self._charged_at[pool]) <= self.now
        return pool[~(self.stream.fraud[pool] & known)]


class Policy(Protocol):
    """Sets tails and threshold of a desk between two steps."""

    def decide(self, desk: Desk) -> None: ...


def walk(stream: ScoredStream, policy: Policy, threshold: float, *, step_s: float, seed: int) -> Desk:
    """Return the desk after the whole stream.

    Args:
        stream: The stream. Rows before it began are stored, and not alerted.
        policy: Decides after each step; a decision holds from the step after the next, since storing and
            announcing take time.
        threshold: The first threshold, as surprise.
        step_s: Seconds of event time of a step.
        seed: Of the delays of verdicts.
    """
    desk = Desk(stream, stream.tails, np.inf, seed)
    desk.step(stream.began)
    desk.threshold = threshold
    while desk.now < stream.last:
        before = desk.tails, desk.threshold
        policy.decide(desk)
        after, (desk.tails, desk.threshold) = (desk.tails, desk.threshold), before
        desk.step(desk.now + step_s)
        desk.tails, desk.threshold = after
    return desk


def _in_shift(time: NDArray[np.float64]) -> NDArray[np.float64]:
    first, last = SHIFT_H
    hour = time % DAY / HOUR
    time = np.where(hour < first, time + (first - hour) * HOUR, time)
    return np.where(hour >= last, time + (24 + first - hour) * HOUR, time)
