"""What another budget, other detectors or another threshold would have done to past transactions.

The functions take arrays, so rows may come from a file or from a database.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats, Rows
from meta.episode import propose
from meta.false_alerts import sort_alerts
from meta.own_bounds import bounds_at, no_bounds, steered_threshold
from meta.reservoir import Reservoir
from meta.scored_traffic import ScoredTraffic
from meta.stack import ScoringStack
from meta.support import Support
from meta.verdict import Verdict
from replay.truth import FRAUD, GENUINE, UNKNOWN

_DAY_S = 86_400.0


@dataclass(frozen=True)
class Past:
    """n past transactions.

    Attributes:
        X: Raw features, float32 (n, d).
        seconds: Event time, float64 (n,), seconds since 1970.
        amount: Amounts, float64 (n,).
        truth: FRAUD, GENUINE or UNKNOWN, int8 (n,).
        own: Review bounds of the decision policy's segments, float64 (n,), NaN where the threshold decides;
            None without such segments.
    """

    X: Floats
    seconds: Doubles
    amount: Doubles
    truth: NDArray[np.int8]
    own: Doubles | None = None

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def days(self) -> float:
        """Days from the first to the last transaction, at least an hour."""
        return max(float(np.ptp(self.seconds)) / _DAY_S if len(self) else 0.0, 1 / 24)


@dataclass(frozen=True)
class ScoringSetting:
    """Base and detectors that score, and the surprise over which a transaction is alerted."""

    stack: ScoringStack
    threshold: float

    def alerted(self, X: Floats, own: Doubles | None = None) -> NDArray[np.bool_]:
        """Return whether each row is alerted, bool (n,).

        Args:
            X: Raw features, float32 (n, d).
            own: Review bounds of the rows' segments, as `Past` has them.
        """
        surprise = self.stack.score(X)[0]
        return np.asarray(surprise > (self.threshold if own is None else bounds_at(own, self.threshold)))

    def at_budget(self, recent: Floats, budget: float, own: Doubles | None = None) -> ScoringSetting:
        """Return the same stack under the threshold that fits a budget.

        Args:
            recent: Recent traffic, raw features (m, d). It may hold fraud: of the alerts, as many count as
                genuine as calibration expects.
            budget: Share of genuine traffic that may be alerted, in (0, 1).
            own: Review bounds of the segments of `recent`, as `Past` has them.
        """
        surprise, base = self.stack.score(recent)[0], -float(np.log10(budget))
        own = no_bounds(len(recent)) if own is None else own
        steered = np.where(np.isnan(own), surprise, np.minimum(surprise, base))
        rows = sort_alerts(np.arange(len(recent)), steered, base, budget).genuine
        return replace(self, threshold=steered_threshold(surprise[rows], own[rows], budget))

    def without(self, detectors: Collection[int]) -> ScoringSetting:
        """Return the same threshold without some detectors, named by their position in the stack."""
        kept = [d for place, d in enumerate(self.stack.detectors) if place not in detectors]
        return replace(self, stack=self.stack.replaced(kept))


@dataclass(frozen=True)
class AlertEffect:
    """What a setting alerts of past transactions.

    Attributes:
        alerts: Alerts in all.
        alerts_a_day: Alerts a day.
        frauds: Known frauds in all.
        caught: Known frauds that are alerted.
        fraud_amount: Amount of all known frauds.
        amount_caught: Amount of the frauds that are alerted.
        false_alarms: Alerts that are known to be genuine.
        false_alarms_a_day: The same a day.
        alert_rate: Share of known genuine transactions that is alerted, 0 to 1.
        unjudged: Alerts whose truth is not known.
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
        """Share of known frauds that are alerted, 0 to 1; 0 where no fraud is known."""
        return self.caught / self.frauds if self.frauds else 0.0


@dataclass(frozen=True)
class WhatIfComparison:
    """Past transactions as they are scored now, and as they would be scored.

    Attributes:
        now: What is alerted now.
        then: What would be alerted.
        added: Rows that only the new setting alerts, ascending.
        lost: Rows that only the present setting alerts, ascending.
    """

    now: AlertEffect
    then: AlertEffect
    added: Rows
    lost: Rows


def effect(past: Past, alerted: NDArray[np.bool_]) -> AlertEffect:
    """Count the alerts among past transactions; `alerted` is bool (n,)."""
    fraud, genuine = past.truth == FRAUD, past.truth == GENUINE
    false, caught = int(np.sum(alerted & genuine)), alerted & fraud
    return AlertEffect(
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
    """Score past transactions under both settings and compare the alerts."""
    return compared(past, now.alerted(past.X, past.own), then.alerted(past.X, past.own))


def compared(past: Past, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> WhatIfComparison:
    """Compare two sets of alerts among past transactions; both are bool (n,)."""
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
    rows: Rows | None = None,
    seed: int = 0,
) -> tuple[ScoringSetting, Verdict]:
    """Try the detector of a draft episode.

    Args:
        now: What scores now.
        adapter: Makes the detector.
        support: Raw features of the flagged transactions.
        recent: Recent traffic in the order of `meta.scored_traffic.spread_order`, raw features (m, d).
        known: Fraud that must not be lost, raw features float32 (m, d), by name of the set.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        rows: Rows of `recent` to calibrate on, as `meta.episode.choose_rows` returns them; all where not
            given.
        seed: Equal seeds give equal detectors.

    Returns:
        What would score, and the verdict. The detector scores also where the verdict keeps it a draft, since
        the question is what it would cost.

    Raises:
        TooLittleTraffic: there are too few rows to calibrate on.
    """
    stack = now.stack
    traffic = ScoredTraffic.of(Reservoir(recent, stack.base, stack.base_tails), stack)
    found = propose(
        traffic, adapter, support, np.arange(len(recent)) if rows is None else rows, known,
        threshold=now.threshold, budget=budget, seed=seed,
    ).verdict  # fmt: skip
    return ScoringSetting(stack.replaced((*stack.detectors, found.live)), found.threshold), found
