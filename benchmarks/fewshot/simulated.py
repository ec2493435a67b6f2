"""A simulated portfolio with every pattern, for the artifacts that ship: no training is needed."""

from __future__ import annotations

import numpy as np

from benchmarks.fewshot.datasets import Dataset, Window
from features.offline import Featuriser
from features.schema import TransactionSchema
from meta.sampler import Labelled
from simulate.patterns import EVERY, HELD_OUT, VALIDATION
from simulate.traffic import SimulatedTraffic

UNSEEN = tuple(number for number, name in enumerate(EVERY, 1) if name in {**HELD_OUT, **VALIDATION})
"""Families that the training of the shipped artifacts does not see."""
WINDOWS = {"train": Window(28, 42), "calibrate": Window(42, 49), "evaluate": Window(49, 77)}
"""Four weeks first fill the profiles; with one week, the base realises half of its budget later on."""
_FRAUD_SHARE = 0.016  # of payments: about ten a day of each of 16 patterns
_START = 1_700_000_000.0


def portfolio(seed: int) -> Dataset:
    """Return eleven weeks of payments of 5,000 cards; the first four only fill the profiles."""
    schema, numbers = TransactionSchema(), {name: number for number, name in enumerate(("", *EVERY))}
    featuriser = Featuriser(schema)
    parts = []
    history = SimulatedTraffic(seed).history(
        _START, WINDOWS["evaluate"].last, EVERY, fraud_share=_FRAUD_SHARE
    )
    for chunk in history:
        columns = chunk.features_columns(schema)
        family = np.array([numbers[name] for name in chunk.family.tolist()])
        parts.append((featuriser.features(columns), family, chunk.card, chunk.merchant, columns.time))
    X, family, card, merchant, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows = Labelled(X, family, card.astype(np.int64), time - _START)
    return Dataset(
        f"simulated {seed}", featuriser.layout.names, rows, merchant.astype(np.int64), tuple(EVERY), WINDOWS,
        starts=7, never_trained=UNSEEN,
    )  # fmt: skip
