"""Detection of each pattern day by day, and what passed before its first alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from meta.arrays import Doubles
from replay.delay import detection_delay
from replay.survey import DAY_S
from replay.traffic import TrafficRows

UNNAMED = "unnamed"  # the pattern of frauds that no column names


def detection(
    rows: TrafficRows, margins: Mapping[str, Doubles], families: Sequence[str], *, seed: int = 0
) -> list[dict[str, Any]]:
    """Return for each pattern its frauds by day, and what each contender caught.

    Args:
        rows: The tested rows.
        margins: Margins of each contender, float64 (n,); above 0 is an alert.
        families: Names of the patterns.
        seed: Equal seeds give equal intervals.

    Returns:
        One entry per pattern, ready for JSON. Days are counted from 1970.
    """
    out = []
    for family in np.unique(rows.family[rows.fraud]).tolist():
        at = np.flatnonzero(rows.fraud & (rows.family == family))
        day = (rows.seconds[at] // DAY_S).astype(np.int64)
        days, place = np.unique(day, return_inverse=True)
        caught = {name: margin[at] > 0 for name, margin in margins.items()}
        out.append(
            {
                "name": families[family] if family >= 0 else UNNAMED,
                "frauds": len(at),
                "amount": float(rows.amount[at].sum()),
                "days": days.tolist(),
                "frauds_a_day": np.bincount(place).tolist(),
                "caught_a_day": {n: np.bincount(place, c).astype(int).tolist() for n, c in caught.items()},
                "recall": {n: float(c.mean()) for n, c in caught.items()},
                "amount_caught": {n: float(rows.amount[at][c].sum()) for n, c in caught.items()},
                "until_caught": {
                    n: detection_delay(rows.amount[at], c, rows.card[at], seed=seed)
                    for n, c in caught.items()
                },
            }
        )
    return out


def told_of(pattern: Mapping[str, Any]) -> list[str]:
    """Return in words what each contender found of one pattern."""
    words = []
    for name, until in pattern["until_caught"].items():
        passed = "never caught" if until is None else f"{_in_words(until['transactions'])} passed first"
        words.append(f"{name} {pattern['recall'][name]:.0%} ({passed})")
    return words


def _in_words(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:,.0f} [{figure['low']:,.0f} {figure['high']:,.0f}]"
