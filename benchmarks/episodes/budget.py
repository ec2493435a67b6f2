"""Alert rate of 1, 10 and 50 live detectors on traffic not used in calibration, relative to the budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.offline import Featuriser
from features.schema import TransactionSchema
from meta.adapters.registry import DEFAULT, adapter
from meta.artifacts import Artifacts
from meta.calibration import Tails, joint_threshold
from meta.episode import known_fraud, propose
from meta.reservoir import Reservoir
from meta.scored_traffic import ScoredTraffic
from meta.stack import ScoringStack
from meta.support import Support
from meta.threshold import first_threshold
from simulate.patterns import HELD_OUT, KNOWN
from simulate.traffic import SimulatedTraffic

DETECTORS = (1, 10, 50)
MEASURED = ("alert_rate_over_budget", "base_recall_lost")
SEEDS = (11, 12, 13)
BUDGET = 0.001
FLAGGED = 5
RESERVOIR = 50_000
COLD_DAYS, CALIBRATION_DAYS, FRESH_DAYS = 7.0, 7.0, 14.0
CARDS, MERCHANTS = 5_000, 800
"""A third of the demo's people: about as many payments a day, in a third of the time to draw them."""


def measure(seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Return means over portfolios, since one portfolio is no reliable figure, and each portfolio's own."""
    each = [_of_portfolio(seed) for seed in seeds]
    return {what: _mean([one[what] for one in each]) for what in MEASURED} | {"portfolios": each}


def _mean(each: list[dict[str, float]]) -> dict[str, float | None]:
    """Return means by number of detectors; None if a portfolio did not reach that number."""
    counts = [str(n) for n in DETECTORS]
    return {
        n: float(np.mean([one[n] for one in each])) if all(n in one for one in each) else None for n in counts
    }


def _of_portfolio(seed: int) -> dict[str, Any]:
    """Return the alert rate over the budget and the loss of recall on known fraud, by number of detectors."""
    world, artifacts = World.drawn(seed), Artifacts.load()
    bare = ScoringStack(artifacts.base, Tails.fit(artifacts.base.score(world.usual)))
    alone = _above(bare, joint_threshold(bare.surprises(world.usual), bare.shifts, BUDGET), world.known)
    rates: dict[str, float] = {}
    losses: dict[str, float] = {}
    judged = _Judged(world, artifacts, seed)
    for stack, threshold in judged.taken_in(bare):
        if (count := len(stack.detectors)) in DETECTORS:
            rates[str(count)] = _above(stack, threshold, world.unseen) / BUDGET
            losses[str(count)] = alone - _above(stack, threshold, world.known)
        if count == max(DETECTORS):
            break
    return {
        "seed": seed,
        "alert_rate_over_budget": rates,
        "base_recall_lost": losses,
        "base_recall": alone,
        "unseen_genuine": len(world.unseen),
        "episodes_tried": judged.tried,
        "drafts": dict(judged.drafts),
    }


def _above(stack: ScoringStack, threshold: float, rows: NDArray[np.float32]) -> float:
    return float(np.mean(stack.score(rows)[0] > threshold))


@dataclass(frozen=True)
class World:
    """Feature rows (n, features) of a portfolio, split by time.

    Attributes:
        usual: genuine rows of the calibration week, at most `RESERVOIR`.
        frauds: frauds of the calibration week by family.
        unseen: genuine rows of the weeks after it.
        known: frauds of the known families in the weeks after it.
    """

    usual: NDArray[np.float32]
    frauds: dict[str, NDArray[np.float32]]
    unseen: NDArray[np.float32]
    known: NDArray[np.float32]

    @classmethod
    def drawn(cls, seed: int) -> World:
        """Draw weeks of a portfolio, split by time."""
        features, family, day = _traffic(TransactionSchema(), seed)
        past = (day >= COLD_DAYS) & (day < COLD_DAYS + CALIBRATION_DAYS)
        fresh = day >= COLD_DAYS + CALIBRATION_DAYS
        usual = features[past & (family == "")]
        return cls(
            usual[np.random.default_rng(seed).permutation(len(usual))[:RESERVOIR]],
            {name: features[past & (family == name)] for name in (*HELD_OUT, *KNOWN)},
            features[fresh & (family == "")],
            features[fresh & np.isin(family, list(KNOWN))],
        )


class _Judged:
    """Judges episodes of five flags, each family in turn.

    `tried` counts the episodes so far, `drafts` the causes for which detectors stayed drafts.
    """

    def __init__(self, world: World, artifacts: Artifacts, seed: int) -> None:
        self._world, self._artifacts = world, artifacts
        self._random = np.random.default_rng((seed, 1))
        self._families = [name for name, rows in world.frauds.items() if len(rows) >= FLAGGED]
        self.tried = 0
        self.drafts: Counter[str] = Counter()

    def taken_in(self, stack: ScoringStack) -> Iterator[tuple[ScoringStack, float]]:
        """Yield the stack with one more detector, and its threshold, each time a detector passes the gate."""
        reservoir = Reservoir(self._world.usual, self._artifacts.base, stack.base_tails)
        traffic, threshold = ScoredTraffic.of(reservoir, stack), first_threshold(BUDGET)
        known = known_fraud(self._artifacts.past[:0], self._artifacts.past, {})
        made = adapter(DEFAULT, self._artifacts)
        for attempt in range(4 * max(DETECTORS)):
            self.tried += 1
            verdict = propose(
                traffic, made, Support(self._flags(attempt)),
                np.arange(len(traffic)), known, threshold=threshold, budget=BUDGET, seed=attempt,
            ).verdict  # fmt: skip
            self.drafts.update(verdict.causes)
            if verdict.passed:
                stack, threshold = stack.replaced((*stack.detectors, verdict.live)), verdict.threshold
                traffic = ScoredTraffic.of(reservoir, stack, known=traffic.columns)
                yield stack, threshold

    def _flags(self, attempt: int) -> NDArray[np.float32]:
        rows = self._world.frauds[self._families[attempt % len(self._families)]]
        return rows[self._random.choice(len(rows), FLAGGED, replace=False)]


def _traffic(
    schema: TransactionSchema, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.str_], NDArray[np.float64]]:
    """Return features (n, d), fraud families (empty for genuine rows), and days since the beginning."""
    featuriser, start = Featuriser(schema), 1_700_000_000.0
    parts, families, days = [], [], []
    total = COLD_DAYS + CALIBRATION_DAYS + FRESH_DAYS
    for chunk in SimulatedTraffic(seed, CARDS, MERCHANTS).history(start, total, (*KNOWN, *HELD_OUT)):
        columns = chunk.features_columns(schema)
        parts.append(featuriser.features(columns))
        families.append(np.asarray(chunk.family, dtype=np.str_))
        days.append((columns.time - start) / 86_400.0)
    return np.concatenate(parts), np.concatenate(families), np.concatenate(days)
