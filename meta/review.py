"""Cleans the reservoir of undetected frauds: which rows to ask an analyst about, and which to leave out.

A few undetected frauds of a pattern silence the detector that is made for it. They score highest among the
rows that count as genuine, so tails and threshold lie above them.

The rows most like the episode are ranked. An analyst judges 20 of them: close together at the top, wider
apart below. The verdicts show down to which rank more rows are fraud than not. Rows above it are left out.

Source: Bashari, Sesia and Romano 2025, ICML, arXiv:2502.04807 (Label-Trim). It leaves out judged rows only,
which is too little where there are more frauds than labels.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from meta.arrays import Doubles, Rows

Row = TypeVar("Row", bound=Hashable)

LABELS = 20
"""Most rows that an analyst is asked about."""
MOST_ALIKE = 200
"""Most rows that can be left out. With 600, labels are too far apart to find where the frauds end."""
_SHARE = 0.01  # of the rows at most: below the most alike hundredth, rows are ordinary traffic


@dataclass(frozen=True)
class Review:
    """Rows of the reservoir that are most like an episode.

    Attributes:
        rows: Positions of at most 200 rows, the one most like the pattern first, (m,).
        asked: Places in `rows` to ask an analyst about, ascending, at most 20.
    """

    rows: Rows
    asked: Rows


NOTHING = Review(np.zeros(0, np.intp), np.zeros(0, np.intp))


def look_alikes(surprise: Doubles) -> Review:
    """Rank the rows of a reservoir by how much they look like an episode.

    Args:
        surprise: Surprise of each row under the episode's detector, float64 (n,).

    Returns:
        The first 200 rows, or the first hundredth if that is less. How much they look like the flags does not
        matter: where frauds hold a detector back, flags may look more like the pattern than all of them.

    Example:
        >>> look_alikes(np.arange(400.0)).rows.tolist()
        [399, 398, 397, 396]
    """
    count = min(MOST_ALIKE, int(_SHARE * len(surprise)))
    return Review(np.argsort(-surprise, kind="stable")[:count], _spread(count))


def trimmed(review: Sequence[Row], verdicts: Mapping[Row, bool]) -> tuple[Row, ...]:
    """Return which look-alikes to leave out of the reservoir.

    All down to the rank that contradicts the fewest verdicts: the geometric middle between a fraud and the
    next judged one. Judged ones follow their verdict.

    Args:
        review: The look-alikes, such as their ids, the one most like the pattern first.
        verdicts: Whether each judged one is fraud; others are ignored.

    Example:
        >>> trimmed("abcdefghi", {"a": True, "c": True, "i": False})
        ('a', 'b', 'c', 'd', 'e')
    """
    ranks = [rank for rank, identity in enumerate(review, 1) if identity in verdicts]
    gain = np.cumsum([0] + [1 if verdicts[review[rank - 1]] else -1 for rank in ranks])
    frauds = int(np.argmax(gain))  # the first of several: rather leave out less
    after = ranks[min(frauds, len(ranks) - 1)] if frauds else 0
    last = math.isqrt(ranks[frauds - 1] * after) if frauds else 0
    return tuple(identity for rank, identity in enumerate(review, 1) if verdicts.get(identity, rank <= last))


def _spread(count: int) -> Rows:
    """Return at most 20 places of `count`, each about as much further down as the one before."""
    if count <= LABELS:
        return np.arange(count)
    wanted = np.geomspace(1, count, LABELS).round().astype(np.intp)
    for place in range(1, LABELS):  # rounding makes the first ones equal
        wanted[place] = max(wanted[place], wanted[place - 1] + 1)
    return wanted - 1
