"""Synthetic tables of many structures, and episodes of many attacks on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.normaliser import Normaliser
from meta.prior.attacks import ATTACKS
from meta.sampler import Task

Matrix = NDArray[np.float64]
Generator = np.random.Generator

_BACKGROUND, _GENUINE, _FRAUD = 512, 300, 32  # rows of a task: background, later genuine, later fraud
_MOST_COLUMNS = 60
_REGION, _GROUP = 0.25, 0.3  # shares of tasks whose frauds are a region, or a group, instead of an attack
_HIDDEN = 0.1, 0.4  # most undetected frauds, as shares of the background, in most tasks and in a quarter


@dataclass
class TableSampler:
    """Draws tasks from synthetic tables; equal seeds draw equal tasks.

    Attributes:
        seed: Seed of all that is drawn.
    """

    seed: int = 0

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)

    def draw(self, k: int) -> Task:
        """Return one task with `k` flags of a new table.

        The background holds undetected frauds of the same kind: up to 10%, in a quarter of the tasks 40%.
        """
        rng = self._rng
        hidden = int(rng.uniform(0, _HIDDEN[int(rng.random() < 0.25)]) * _BACKGROUND)
        rows, frauds = _rows(_BACKGROUND + _GENUINE, k + _FRAUD + hidden, rng)
        both = _discretised(np.concatenate([rows, frauds]), rng).astype(np.float32)
        genuine, fraud = both[: len(rows)], both[len(rows) :]
        background = np.concatenate([genuine[:_BACKGROUND], fraud[k + _FRAUD :]])
        scores_of = Normaliser.fit(background)
        seen = scores_of(fraud[: k + _FRAUD])
        return Task(seen[:k], seen[k:], scores_of(genuine[_BACKGROUND:]), scores_of(background))


def _rows(genuine: int, frauds: int, rng: Generator) -> tuple[Matrix, Matrix]:
    """Return genuine rows and frauds (., d) in standard deviations."""
    d = int(np.exp(rng.uniform(np.log(4), np.log(_MOST_COLUMNS))))
    kind = rng.random()
    if kind < _GROUP:
        return _another_group(genuine, frauds, d, rng)
    structure = STRUCTURES[rng.integers(len(STRUCTURES))]
    if kind < _GROUP + _REGION:
        return _region(_standard(structure(4 * (genuine + frauds), d, rng)), genuine, frauds, rng)
    rows = _standard(structure(genuine + frauds, d, rng))
    attack = ATTACKS[rng.integers(len(ATTACKS))]
    fraud = attack(rows[genuine:], rng)
    if rng.random() < 0.3:
        fraud = ATTACKS[rng.integers(len(ATTACKS))](fraud, rng)
    return rows[:genuine], fraud


def _another_group(genuine: int, frauds: int, d: int, rng: Generator) -> tuple[Matrix, Matrix]:
    """Return groups of rows, and one more group that is fraud: a class among classes."""
    usual, fraud = _groups(genuine, d, int(rng.integers(2, 13)), rng), _groups(frauds, d, 1, rng)
    both = _standard(np.concatenate([usual, fraud]))
    if rng.random() < 0.5:
        both = _layer(both, d, rng) + rng.uniform(0.02, 0.4) * rng.standard_normal(both.shape)
    return both[:genuine], both[genuine:]


def _region(rows: Matrix, genuine: int, frauds: int, rng: Generator) -> tuple[Matrix, Matrix]:
    """Divide a table by a random function of its rows: the highest are fraud, the lower ones genuine."""
    at = rng.choice(rows.shape[1], int(np.ceil(rows.shape[1] ** rng.uniform(0.3, 1))), replace=False)
    value = _standard(_layer(_layer(rows[:, at], 8, rng), 1, rng))[:, 0]
    value += rng.uniform(0, 0.5) * rng.standard_normal(len(rows))
    order = np.argsort(-value)
    high = order[: int(len(rows) * rng.uniform(0.06, 0.2))]
    return rows[rng.choice(order[len(high) :], genuine, replace=False)], rows[rng.choice(high, frauds)]


def _independent(n: int, d: int, rng: Generator) -> Matrix:
    return rng.standard_normal((n, d))


def _factors(n: int, d: int, rng: Generator) -> Matrix:
    """Return columns that share a few factors."""
    count = int(rng.integers(1, d + 1))
    loads = rng.standard_normal((count, d)) * (rng.random((count, d)) < rng.uniform(0.2, 1))
    return rng.standard_normal((n, count)) @ loads + rng.uniform(0.1, 1) * rng.standard_normal((n, d))


def _mixture(n: int, d: int, rng: Generator) -> Matrix:
    return _groups(n, d, int(rng.integers(2, 9)), rng)


def _groups(n: int, d: int, count: int, rng: Generator) -> Matrix:
    """Return `count` groups of rows, each with a middle and factors of its own."""
    group = rng.choice(count, n, p=rng.dirichlet(np.ones(count)))
    apart = rng.uniform(0.5, 2.5) / d**0.25  # in many columns, groups are far apart with less
    rows = np.empty((n, d))
    for g in range(count):
        of = np.flatnonzero(group == g)
        rows[of] = _standard(_factors(len(of) + 2, d, rng))[: len(of)] * rng.uniform(0.2, 1)
        rows[of] += apart * rng.standard_normal(d)
    return rows


def _causal(n: int, d: int, rng: Generator) -> Matrix:
    """Return columns that depend on earlier ones through random functions."""
    hidden = rng.standard_normal((n, max(2, d // 3)))
    first = _layer(hidden, d, rng) + rng.uniform(0.05, 0.7) * rng.standard_normal((n, d))
    return _layer(first, d, rng) + rng.uniform(0.05, 0.7) * rng.standard_normal((n, d))


def _blocks(n: int, d: int, rng: Generator) -> Matrix:
    """Return blocks of columns that repeat each other with noise."""
    count = int(rng.integers(1, max(2, d // 2) + 1))
    source = _causal(n, count, rng)
    noise = rng.uniform(0.05, 1, d) * rng.standard_normal((n, d))
    return np.asarray(_standard(source)[:, rng.integers(0, count, d)] * rng.choice([-1, 1], d) + noise)


STRUCTURES: tuple[Callable[[int, int, Generator], Matrix], ...] = (
    _independent, _factors, _factors, _mixture, _mixture, _causal, _blocks,
)  # fmt: skip

_BENDS: tuple[Callable[[Matrix], Matrix], ...] = (
    np.tanh,
    np.sin,
    np.abs,
    np.square,
    lambda x: np.maximum(x, 0),
)


def _layer(rows: Matrix, width: int, rng: Generator) -> Matrix:
    """Return a random layer of bent sums (n, width)."""
    weights = rng.standard_normal((rows.shape[1], width)) / np.sqrt(rows.shape[1])
    sums = rows @ weights * rng.uniform(0.5, 2) + 0.5 * rng.standard_normal(width)
    bend = _BENDS[rng.integers(len(_BENDS))]
    return _standard(bend(np.asarray(sums)))


def _standard(rows: Matrix) -> Matrix:
    return np.asarray((rows - rows.mean(0)) / (rows.std(0) + 1e-6))


def _discretised(rows: Matrix, rng: Generator) -> Matrix:
    """Round, cut or make heavy-tailed a share of the columns."""
    rows = rows.copy()
    share = rng.choice([0.0, rng.uniform(0, 0.8)])
    for j in np.flatnonzero(rng.random(rows.shape[1]) < share):
        kind = rng.integers(4)
        if kind == 0:
            rows[:, j] = np.round(rows[:, j] * rng.uniform(0.7, 4))
        elif kind == 1:
            rows[:, j] = rows[:, j] > rng.uniform(-1.5, 2)
        elif kind == 2:
            rows[:, j] = np.maximum(rows[:, j], rng.uniform(-1, 1))
        else:
            rows[:, j] = np.sinh(rng.uniform(0.5, 2) * rows[:, j])
    return rows
