"""Measures how hard the patterns are to learn: `python -m simulate.check`.

LightGBM is trained on the features of the stream, once with all labels and once without the held-out
patterns and those for validation. Every pattern must be learnable. A held-out pattern must not be detectable
from the known ones; otherwise a demo that adapts to it would prove nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.offline import Featuriser
from features.schema import TransactionSchema
from simulate.patterns import EVERY, UNTRAINED
from simulate.traffic import SimulatedTraffic

FALSE_POSITIVES = 0.001  # of genuine payments
_START = 1_750_000_000.0
_CARDS, _DAYS = 10_000, 90.0  # about a thousand frauds of each pattern
_FRAUD_SHARE = 0.01  # of all payments: twice the usual, for twice as many patterns
_TRAINED_ON = 0.6  # share of the rows for training; the rest is for testing
_GENUINE = 150_000  # genuine rows of a training, at most
_TREES = 200
_SETTINGS = {
    "objective": "binary", "num_leaves": 31, "learning_rate": 0.08, "min_data_in_leaf": 20,
    "feature_fraction": 0.7, "num_threads": 1, "seed": 1, "deterministic": True, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True)
class LabelledRows:
    """Features (n, d) and pattern (n,), empty for genuine, in event-time order."""

    features: npt.NDArray[np.float32]
    family: npt.NDArray[np.str_]


def simulate_history(seed: int, cards: int, days: float) -> LabelledRows:
    """Simulate a history with every pattern; the live code computes its features."""
    featuriser = Featuriser(TransactionSchema())
    parts = [
        (featuriser.features(chunk.features_columns()), chunk.family)
        for chunk in SimulatedTraffic(seed, cards).history(_START, days, EVERY, fraud_share=_FRAUD_SHARE)
    ]
    features, family = (np.concatenate(column) for column in zip(*parts, strict=True))
    return LabelledRows(features, family)


def measure_recalls(rows: LabelledRows, *, without: tuple[str, ...] = ()) -> dict[str, float]:
    """Measure the recall of each pattern at FALSE_POSITIVES, after training without some patterns.

    Args:
        rows: the history.
        without: patterns that the training does not see.

    Returns:
        Recall, 0 to 1, by pattern.
    """
    import lightgbm

    past = int(_TRAINED_ON * len(rows.family))
    train = _training_rows(rows.family[:past], without)
    data = lightgbm.Dataset(rows.features[train], rows.family[train] != "")
    scores = lightgbm.train(_SETTINGS, data, _TREES).predict(rows.features[past:], num_threads=1)
    family = rows.family[past:]
    threshold = np.quantile(scores[family == ""], 1.0 - FALSE_POSITIVES)
    return {name: float((scores[family == name] > threshold).mean()) for name in EVERY}


def _training_rows(family: npt.NDArray[np.str_], without: tuple[str, ...]) -> npt.NDArray[np.int64]:
    genuine = np.flatnonzero(family == "")
    some = np.random.default_rng(0).choice(genuine, min(len(genuine), _GENUINE), replace=False)
    fraud = np.flatnonzero((family != "") & ~np.isin(family, without))
    return np.sort(np.concatenate([some, fraud]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cards", type=int, default=_CARDS)
    parser.add_argument("--days", type=float, default=_DAYS)
    asked = parser.parse_args()
    rows = simulate_history(asked.seed, asked.cards, asked.days)
    every, known = measure_recalls(rows), measure_recalls(rows, without=tuple(UNTRAINED))
    print(f"{len(rows.family):,} payments; recall at {FALSE_POSITIVES:.1%} false positives")
    print(f"{'pattern':22}{'payments':>9}{'all labels':>12}{'without held-out':>18}")
    for name in EVERY:
        held = " (held out)" if name in UNTRAINED else ""
        print(f"{name:22}{(rows.family == name).sum():9,}{every[name]:12.3f}{known[name]:18.3f}{held}")


if __name__ == "__main__":
    main()
