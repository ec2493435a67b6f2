"""What a contender learns from, and the function that it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy import bool_, int32, uint64
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats
from replay.progress import Progress, ignore_progress

Score = Callable[[Floats], Doubles]
"""Takes features (n, d) and returns scores (n,); a higher score is more suspicious."""

RESERVE = 4
"""One genuine card in four is kept from training, to set thresholds on."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """Training rows in order of time.

    Attributes:
        features: names of the d features, the live ones first.
        live: number of features that run live.
        X: features, float32 (n, d).
        fraud: which rows are fraud, bool (n,).
        weight: weight of each row, float64 (n,).
        period: event time of the first and the last row, seconds since 1970.
        family: index into `families`, int32 (n,); -1 where no family is named.
        card: hash of each row's card, uint64 (n,).
        seconds: event time of each row, float64 (n,).
        reserve: genuine rows that are kept from training, to set thresholds on, float32 (m, d).
        families: names of the kinds of fraud.
    """

    features: tuple[str, ...]
    live: int
    X: Floats
    fraud: NDArray[bool_]
    weight: Doubles
    period: tuple[float, float]
    family: NDArray[int32]
    card: NDArray[uint64]
    seconds: Doubles
    reserve: Floats
    families: tuple[str, ...] = ()
    seed: int = 0
    report_progress: Progress = ignore_progress
