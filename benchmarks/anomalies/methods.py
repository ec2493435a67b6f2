"""Methods of the benchmark: each fits on a split and returns the scores of its test rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.anomalies.tables import Split
from benchmarks.anomalies.without_history import without_history
from benchmarks.baselines import simple
from benchmarks.baselines.libraries import LIBRARIES
from benchmarks.baselines.protocol import Baseline, Score
from meta.adapters.registry import DEFAULT, adapter
from meta.arrays import Doubles, Floats
from meta.episode import BACKGROUND_ROWS
from meta.reservoir import Reservoir
from meta.support import Support
from meta.unsupervised import rarity_network

Method = Callable[[Split, int], Doubles]


def flagfive(split: Split, seed: int) -> Doubles:
    """Score with the live default; it reads as many rows as an episode of live traffic gives it."""
    order = np.random.default_rng(seed).permutation(len(split.unlabelled))
    artifacts = without_history(split.unlabelled, split.normaliser)
    made, recent = adapter(DEFAULT, artifacts), Reservoir(split.unlabelled[order], artifacts.base)
    background = recent.extend(made, recent.X[:BACKGROUND_ROWS])
    detector = made.adapt(recent.extend_support(made, Support(split.flags)), background, seed=seed)
    return made.score(detector, recent.extend(made, split.test))


def without_labels(flags: Floats, unlabelled: Floats, *, seed: int) -> Score:
    """Fit the base of `flagfive train --unsupervised`; it reads no flag."""
    return rarity_network(unlabelled).score


def baseline(fit: Baseline) -> Method:
    """Return a method that fits a baseline to normal scores."""

    def run(split: Split, seed: int) -> Doubles:
        flags, unlabelled, test = (split.normaliser(X) for X in (split.flags, split.unlabelled, split.test))
        return fit(flags, unlabelled, seed=seed)(test)

    return run


FAST: dict[str, Method] = {
    "flagfive": flagfive,
    "base without labels": baseline(without_labels),
    "ridge 0.1": baseline(simple.ridge(0.1)),
    "ridge 1.0": baseline(simple.ridge(1.0)),
    "logistic": baseline(simple.logistic),
    "distance of means": baseline(simple.distance_of_means),
    "summed ranks": baseline(simple.summed_ranks),
    "lightgbm": baseline(simple.boosted_trees),
    "isolation forest": baseline(simple.isolation_forest),
}
"""Methods that take at most seconds per table."""

METHODS = FAST | {name: baseline(fit) for name, fit in LIBRARIES.items()}
