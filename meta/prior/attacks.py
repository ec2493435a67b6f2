"""Kinds of anomalies that are made from rows of a synthetic table, for tasks of the prior."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Generator = np.random.Generator
Attack = Callable[[Matrix, Generator], Matrix]
"""Changes copies of genuine rows (n, d), in standard deviations, into n rows of one kind."""


def shift(rows: Matrix, rng: Generator) -> Matrix:
    """Move the rows by 0.7 to 4 deviations along a few columns, with scatter."""
    at = _columns(rows, rng)
    step = rng.uniform(0.7, 4, len(at)) * rng.choice([-1, 1], len(at))
    moved = rows.copy()
    moved[:, at] += step * (1 + rng.uniform(0, 0.6) * rng.standard_normal((len(rows), len(at))))
    return moved


def cluster(rows: Matrix, rng: Generator) -> Matrix:
    """Gather the rows around one place in a few columns; the place may lie inside the genuine rows."""
    at = _columns(rows, rng)
    place = rng.uniform(0.3, 3) * rng.standard_normal(len(at))
    moved = rows.copy()
    moved[:, at] = place + rng.uniform(0.05, 0.8) * rng.standard_normal((len(rows), len(at)))
    return moved


def several_clusters(rows: Matrix, rng: Generator) -> Matrix:
    """Divide the rows among two or three clusters."""
    parts = np.array_split(rng.permutation(len(rows)), int(rng.integers(2, 4)))
    moved = rows.copy()
    for part in parts:
        moved[part] = cluster(rows[part], rng)
    return moved


def scale(rows: Matrix, rng: Generator) -> Matrix:
    """Multiply a few columns by 1.5 to 5: both tails."""
    at, moved = _columns(rows, rng), rows.copy()
    moved[:, at] *= rng.uniform(1.5, 5)
    return moved


def scatter(rows: Matrix, rng: Generator) -> Matrix:
    """Draw a few columns evenly from their range, widened by up to a half."""
    at, moved = _columns(rows, rng), rows.copy()
    reach = np.abs(rows[:, at]).max(0) * rng.uniform(0.7, 1.5)
    moved[:, at] = rng.uniform(-1, 1, (len(rows), len(at))) * reach
    return moved


def break_dependence(rows: Matrix, rng: Generator) -> Matrix:
    """Shuffle columns by themselves: each keeps its distribution, the relations are lost."""
    at, moved = _columns(rows, rng, fewest=2), rows.copy()
    for j in at:
        moved[:, j] = rng.permutation(moved[:, j])
    return moved


def shrink(rows: Matrix, rng: Generator) -> Matrix:
    """Bring a few columns close to one usual level: too regular."""
    at, moved = _columns(rows, rng), rows.copy()
    level = rng.uniform(-1.5, 1.5, len(at))
    moved[:, at] = level + rng.uniform(0.02, 0.3) * (moved[:, at] - level)
    return moved


def _columns(rows: Matrix, rng: Generator, fewest: int = 1) -> NDArray[np.intp]:
    """Choose columns: most attacks change few of many."""
    d = rows.shape[1]
    many = int(np.ceil(d ** rng.uniform(0.15, 1.0)))
    return np.asarray(rng.choice(d, min(max(many, fewest), d), replace=False), np.intp)


ATTACKS: tuple[Attack, ...] = (
    shift, shift, cluster, cluster, several_clusters, scale, scatter, break_dependence, shrink,
)  # fmt: skip
"""Those that occur twice are drawn twice as often."""
