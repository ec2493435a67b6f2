"""Checks of a support: whether its flags are one pattern, and which of them the others do not lead to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.adapters.protocol import Adapter
from meta.arrays import Floats
from meta.calibration import Tails
from meta.leave_one_out import ROWS
from meta.reservoir import Reservoir
from meta.support import Support

FEWEST, MOST = 4, 20
"""Flags of a support that is checked: fewer cannot show two patterns, more would take too long."""
_FEW = 1_000  # rows of the reservoir that show well enough what genuine traffic scores
_USUAL = 256  # background rows: separating patterns needs fewer than making a detector
APART = 1.0
"""Surprise below the threshold at which flags count as not found from the other group."""
STRANGERS = 1 / 3
"""Largest share of the flags that can be strangers: if more are unlike the others, they are the pattern."""


@dataclass(frozen=True)
class TwoPatterns:
    """Positions of the flags in each of two groups that do not lead to each other."""

    first: tuple[int, ...]
    second: tuple[int, ...]


def two_patterns(
    adapter: Adapter,
    support: Support,
    background: Floats,
    reservoir: Reservoir,
    *,
    threshold: float,
    seed: int,
) -> TwoPatterns | None:
    """Split the flags into two groups that do not lead to each other.

    Args:
        adapter: Makes detectors of parts of the flags.
        support: Flags and hard negatives, with the columns that the adapter needs.
        background: Genuine rows, with the columns that the adapter needs.
        reservoir: Genuine rows for calibration.
        threshold: Surprise from which a flag counts as found.
        seed: Seed of all that is drawn.

    Returns:
        Two groups, each found from its own other flags and not from the other group. None where there is
        one pattern, or the support has too few or too many flags.
    """
    k, background = len(support), background[:_USUAL]
    if not FEWEST <= k <= MOST:
        return None
    in_first = _parted(_affinity(adapter, support, background, reservoir, seed))
    if not 2 <= in_first.sum() <= k - 2:
        return None
    # Flags of one pattern are found from either half, so most supports end here.
    from_others = _surprises(adapter, support, np.stack([~in_first, in_first]), background, reservoir, seed)
    by_other = np.where(in_first, from_others[0], from_others[1])
    if any(np.median(by_other[group]) > threshold - APART for group in (in_first, ~in_first)):
        return None
    own = (in_first[:, None] == in_first[None]) & ~np.eye(k, dtype=bool)
    by_own = np.diag(_surprises(adapter, support, own, background, reservoir, seed))
    if any(np.median(by_own[group]) < threshold for group in (in_first, ~in_first)):
        return None
    return TwoPatterns(tuple(np.flatnonzero(in_first).tolist()), tuple(np.flatnonzero(~in_first).tolist()))


def strangers(found: NDArray[np.bool_]) -> list[int]:
    """Return the flags that the others do not lead to; none if they are more than a third.

    Args:
        found: Which flags are found when they are left out, bool (k,).
    """
    lost = np.flatnonzero(~found)
    few = len(found) >= FEWEST and len(lost) <= STRANGERS * len(found)
    return [int(place) for place in lost] if few else []


def _affinity(
    adapter: Adapter, support: Support, background: Floats, reservoir: Reservoir, seed: int
) -> NDArray[np.float64]:
    """Return how alike flags are, (k, k): how high the detector of each scores the other, both ways added.

    Scores are in standard deviations of genuine scores, which costs less than fitting tails.
    """
    detectors = adapter.adapt_parts(support, np.eye(len(support), dtype=bool), background, seed=seed)
    genuine = reservoir.scores_of_all(adapter, detectors, _FEW)
    scores = np.stack([adapter.score(detector, support.fraud) for detector in detectors])
    apart = (scores - genuine.mean(0)[:, None]) / np.maximum(genuine.std(0), 1e-9)[:, None]
    return np.asarray(apart + apart.T)


def _parted(affinity: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which flags go with the first of the two that are least alike, bool (k,)."""
    others = affinity + np.diag(np.full(len(affinity), np.inf))
    first, second = np.unravel_index(np.argmin(others), affinity.shape)
    near = np.asarray(affinity[first] > affinity[second], np.bool_)
    near[first], near[second] = True, False
    return near


def _surprises(
    adapter: Adapter,
    support: Support,
    parts: NDArray[np.bool_],
    background: Floats,
    reservoir: Reservoir,
    seed: int,
) -> NDArray[np.float64]:
    """Return the surprise of every flag (k,) under a detector made of each part, (p, k)."""
    detectors = adapter.adapt_parts(support, parts, background, seed=seed)
    genuine = reservoir.scores_of_all(adapter, detectors, ROWS)
    return np.stack(
        [
            Tails.fit(genuine[:, column]).surprise(adapter.score(detector, support.fraud))
            for column, detector in enumerate(detectors)
        ]
    )
