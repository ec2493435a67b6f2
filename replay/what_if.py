"""What another budget, other detectors or another threshold would have done to transactions of the past.

Arrays in, figures out: a file's rows or those that a database holds, under the stack that scores live.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats, Rows
from meta.calibration import joint_threshold
from meta.false_alerts import sort_alerts
from meta.gate import judge
from meta.reservoir import Reservoir
from meta.stack import ScoringStack
from meta.support import Support
from meta.verdict import Limits, Verdict
from replay.truth import FRAUD, GENUINE, UNKNOWN

BACKGROUND = 2_048  # genuine rows that an adapter may read
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Past:
    """n transactions: raw features float32 (n, d), event time in seconds (n,), amount (n,), and their truth.

    truth: FRAUD, GENUINE or UNKNOWN int8 (n,).
    """

    X: Floats
    seconds: Doubles
    amount: Doubles
    truth: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def days(self) -> float:
        """From the first to the last, at least an hour."""
        return max(float(np.ptp(self.seconds)) / _DAY_S if len(self) else 0.0, 1 / 24)


@dataclass(frozen=True)
class ScoringSetting:
    """What scores: base and detectors, and the surprise over which a transaction is alerted."""

    stack: ScoringStack
    threshold: float

    def alerted(self, X: Floats) -> NDArray[np.bool_]:
        """Whether each row of raw features (n, d) is alerted, bool (n,)."""
        return np.asarray(self.stack.score(X)[0] > self.threshold)

    def at_budget(self, recent: Floats, budget: float) -> ScoringSetting:
        """The same stack under the threshold that alerts a share of genuine traffic in (0, 1).

        `recent` (m, d) is traffic that may hold fraud: what lies far over the threshold counts as genuine
        only as often as calibration expects.
        """
        surprise, base = self.stack.score(recent)[0], -float(np.log10(budget))
        rows = sort_alerts(np.arange(len(recent)), surprise, base, budget).genuine
        columns = self.stack.surprises(recent[rows])
        return replace(self, threshold=joint_threshold(columns, self.stack.shifts, budget))

    def without(self, detectors: Collection[int]) -> ScoringSetting:
        """The same threshold without some of the detectors, by their place in the stack."""
        kept = [d for place, d in enumerate(self.stack.detectors) if place not in detectors]
        return replace(self, stack=self.stack.replaced(kept))


@dataclass(frozen=True)
class AlertCounts:
    """What a setting alerts of the past: in all and a day, its known frauds, their money, and false alarms.

    frauds and fraud_amount are what there was, caught and amount_caught what was alerted; false_alarms are
    alerts known to be genuine, alert_rate their share of all known genuine; unjudged alerts have no truth.
    """

    alerts: int
    alerts_a_day: float
    frauds: int
    caught: int
    fraud_amount: float
    amount_caught: float
    false_alarms: int
    false_alarms_a_day: float
    alert_rate: float
    unjudged: int

    @property
    def recall(self) -> float:
        """Share of known frauds that are alerted; 0 where there are none."""
        return self.caught / self.frauds if self.frauds else 0.0


@dataclass(frozen=True)
class WhatIfComparison:
    """The past as it is scored now and as it would be then; rows that only one of them alerts, ascending."""

    now: AlertCounts
    then: AlertCounts
    added: Rows
    lost: Rows


def effect(past: Past, alerted: NDArray[np.bool_]) -> AlertCounts:
    """Count what is alerted, bool (n,)."""
    fraud, genuine = past.truth == FRAUD, past.truth == GENUINE
    false, caught = int(np.sum(alerted & genuine)), alerted & fraud
    return AlertCounts(
        int(alerted.sum()),
        float(alerted.sum()) / past.days,
        int(fraud.sum()),
        int(caught.sum()),
        float(past.amount[fraud].sum()),
        float(past.amount[caught].sum()),
        false,
        false / past.days,
        false / max(int(genuine.sum()), 1),
        int(np.sum(alerted & (past.truth == UNKNOWN))),
    )


def what_if(past: Past, now: ScoringSetting, then: ScoringSetting) -> WhatIfComparison:
    """Score the past twice."""
    before, after = now.alerted(past.X), then.alerted(past.X)
    added, lost = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
    return WhatIfComparison(effect(past, before), effect(past, after), added, lost)


def with_episode(
    now: ScoringSetting,
    adapter: Adapter,
    support: Support,
    recent: Floats,
    known: dict[str, Floats],
    *,
    budget: float,
    seed: int = 0,
) -> tuple[ScoringSetting, Verdict]:
    """Return `now` with the detector of a draft episode, as the gate would let it go live, and its verdict.

    support, recent (m, d) and known frauds by name are raw features. The setting holds the detector also
    where the verdict has reasons to keep it a draft: what they would cost is what is asked.
    """
    surprise = now.stack.score(recent)[0]
    rows = sort_alerts(np.arange(len(recent)), surprise, now.threshold, budget).genuine
    reservoir = Reservoir(recent[rows], now.stack.base, now.stack.base_tails)
    verdict = judge(
        now.stack, adapter, support, reservoir.X[:BACKGROUND], reservoir, known, seed=seed,
        limits=Limits(budget=budget),
    )  # fmt: skip
    stack = now.stack.replaced((*now.stack.detectors, verdict.live))
    return ScoringSetting(stack, verdict.threshold), verdict
