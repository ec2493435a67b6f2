"""Scores each flag with a detector that was made without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats
from meta.calibration import Tails
from meta.detector import Detector
from meta.reservoir import Reservoir
from meta.support import Support

FOLDS = 8  # at most; more flags are left out a few at a time
ROWS = 5000  # rows of the reservoir for the tails of each fold
_HANDICAP = 0.7  # surprise; a single flag cannot be left out, and its own detector raises it by about this


@dataclass(frozen=True)
class LeftOut:
    """What leaving out each flag in turn gives.

    Attributes:
        surprise: Surprise of each flag under a detector made without it, float64 (k,).
        detector: The detector of all flags.
    """

    surprise: Doubles
    detector: Detector


def leave_one_out(
    adapter: Adapter, support: Support, background: Floats, reservoir: Reservoir, *, seed: int
) -> LeftOut:
    """Score each flag with a detector made without it, and make the detector of all, in one call.

    Args:
        adapter: Makes the detectors.
        support: Flags and hard negatives, raw features; the adapter's own columns are added here.
        background: Genuine rows, raw features float32 (m, d).
        reservoir: Genuine rows for the tails of each detector.
        seed: Seed of all that is drawn.

    Returns:
        Surprises and detector. Of more than 8 flags, several are left out at a time.
    """
    grown = reservoir.extend_support(adapter, support)
    usual = reservoir.extend(adapter, background)
    every = np.ones((1, len(support)), bool)
    kept = kept_in_folds(len(support)) if len(support) > 1 else every
    *detectors, whole = adapter.adapt_parts(grown, np.concatenate([kept, every]), usual, seed=seed)
    scores = reservoir.scores_of_all(adapter, detectors, ROWS)
    found = np.empty(len(support))
    for column, (out, detector) in enumerate(zip(folds(len(support)), detectors, strict=True)):
        tails = Tails.fit(scores[:, column])
        found[out] = tails.surprise(adapter.score(detector, grown.fraud[out]))
    return LeftOut(found - _HANDICAP if len(support) == 1 else found, whole)


def folds(flags: int) -> list[NDArray[np.intp]]:
    """Return the places of the flags that are left out at a time, each once.

    >>> [fold.tolist() for fold in folds(3)]
    [[0], [1], [2]]
    """
    return np.array_split(np.arange(flags), min(FOLDS, flags))


def kept_in_folds(flags: int) -> NDArray[np.bool_]:
    """Return the folds that leave out each flag once, as the flags that stay, bool (f, k).

    >>> kept_in_folds(3).astype(int).tolist()
    [[0, 1, 1], [1, 0, 1], [1, 1, 0]]

    A single flag cannot be left out:

    >>> kept_in_folds(1).shape
    (0, 1)
    """
    if flags == 1:
        return np.zeros((0, 1), bool)
    left_out = folds(flags)
    kept = np.ones((len(left_out), flags), bool)
    for stay, out in zip(kept, left_out, strict=True):
        stay[out] = False
    return kept
