"""Tasks for meta-training: a support of K flags and a query of later frauds beside genuine traffic.

There are two sources. By default 40% are episodes of past fraud families, with support and query on different
entities, as in operation. 60% are synthetic patterns injected into genuine rows, since history holds too few
kinds of fraud.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from meta.arrays import Floats, Rows
from meta.crossfit import CrossFit
from meta.injection import Injector, shift_directions
from meta.normaliser import Normaliser

COUNTS = (1, 2, 3, 5, 8, 10, 15, 20)  # flags per episode
FEWEST_OF_FAMILY = 30  # frauds; fewer are not enough for flags and later queries


@dataclass(frozen=True)
class Labelled:
    """Labelled history in order of time.

    Attributes:
        X: Raw features float32 (n, d).
        family: Fraud family int64 (n,), 0 for genuine rows.
        card: Number of the card, int64 (n,).
        seconds: Event time, ascending, float64 (n,).
    """

    X: Floats
    family: np.ndarray[tuple[int], np.dtype[np.int64]]
    card: np.ndarray[tuple[int], np.dtype[np.int64]]
    seconds: np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Task:
    """One episode for meta-training, in normal scores.

    Attributes:
        support: Flags, float32 (k, d).
        fraud: Later frauds, float32 (q, d).
        genuine: Later genuine rows, float32 (n, d).
        background: Genuine rows that the network reads, float32 (g, d).
        family: Fraud family; 0 for a synthetic pattern.
        known: Frauds of other families, float32 (q, d), which a detector aware of the base must still catch.
    """

    support: Floats
    fraud: Floats
    genuine: Floats
    background: Floats
    family: int = 0
    known: Floats | None = None


@dataclass
class Sampler:
    """Draws tasks. Equal seeds draw equal tasks.

    Attributes:
        history: Labelled history.
        normaliser: Map from raw features to normal scores.
        injector: Injects synthetic patterns.
        held_out: Families that no task is drawn from.
        from_history: Share of tasks from past families, 0 to 1.
        queries: Frauds of a query.
        genuine: Genuine rows of a query.
        background: Background rows of a task.
        seed: Seed of all that is drawn.
        crossfit: Adds one column to every row: the token of a base that has not seen the task's family.
        pool: Normal scores of the genuine rows that background and queries are drawn from.
    """

    history: Labelled
    normaliser: Normaliser
    injector: Injector
    held_out: tuple[int, ...] = ()
    from_history: float = 0.4
    queries: int = 24
    genuine: int = 300
    background: int = 64
    seed: int = 0
    crossfit: CrossFit | None = None
    pool: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        family = self.history.family
        clean = np.flatnonzero(family == 0)
        self._clean = np.sort(self._rng.choice(clean, min(len(clean), 200_000), replace=False))
        self.pool = self.normaliser(self.history.X[self._clean])
        seen = [int(f) for f in np.unique(family) if f > 0 and f not in self.held_out]
        self.rows_of = {f: np.flatnonzero(family == f) for f in seen}
        self.rows_of = {f: rows for f, rows in self.rows_of.items() if len(rows) >= FEWEST_OF_FAMILY}
        self._pool_tokens: dict[int, Floats] = {}

    def draw(self, k: int) -> Task:
        """Return one task with `k` flags."""
        if self.rows_of and self._rng.random() < self.from_history:
            family = list(self.rows_of)[self._rng.integers(len(self.rows_of))]
            return self.historical(family, k)
        return self.synthetic(k)

    def historical(self, family: int, k: int) -> Task:
        """Return a task of one family: `k` flags close in time, and queries later on other cards."""
        rows, rng = self.rows_of[family], self._rng
        first = rng.integers(0, max(1, len(rows) - 8 * (k + self.queries)))
        near = rows[first : first + 8 * (k + self.queries)]
        if rng.random() < 0.5:
            near = self._first_of_each_card(near)
        support = np.sort(rng.choice(near, k, replace=len(near) < k))
        query = self._later(rows, support)
        query = rng.choice(query, self.queries, replace=len(query) < self.queries)
        X = self.normaliser(self.history.X[np.r_[support, query]])
        return self._with_genuine(X[:k], X[k:], family)

    def synthetic(self, k: int) -> Task:
        """Return a task of an injected pattern; three in ten are also shifted along feature directions."""
        rng = self._rng
        rows = rng.choice(self._clean, k + self.queries, replace=False)
        X = self.normaliser(self.injector.inject(self.history.X[rows], rng))
        if rng.random() < 0.3:
            X = shift_directions(X, rng)
        return self._with_genuine(X[:k], X[k:], 0)

    def _with_genuine(self, support: Floats, fraud: Floats, family: int) -> Task:
        draw = self._rng.integers(0, len(self.pool), self.genuine + self.background)
        rows = self.pool[draw]
        known = None
        if self.crossfit is not None:
            rows = np.c_[rows, self._tokens_of_pool(family)[draw]]
            support, fraud = (np.c_[X, self.crossfit.token(X, family)] for X in (support, fraud))
            known = self._known(family)
        return Task(support, fraud, rows[: self.genuine], rows[self.genuine :], family, known)

    def _known(self, family: int) -> Floats:
        """Draw frauds of other families, from the half of history that the cross-fit has not seen."""
        assert self.crossfit is not None  # asked for with a cross-fit only
        kept = [rows[rows % 2 == 1] for f, rows in self.rows_of.items() if f != family]
        rows = np.concatenate(kept) if kept else self.rows_of[family]
        X = self.normaliser(self.history.X[self._rng.choice(rows, self.queries)])
        return np.concatenate([X, self.crossfit.token(X, family)[:, None]], axis=1)

    def _tokens_of_pool(self, family: int) -> Floats:
        assert self.crossfit is not None  # asked for with a cross-fit only
        if family not in self._pool_tokens:
            self._pool_tokens[family] = self.crossfit.token(self.pool, family)
        return self._pool_tokens[family]

    def _first_of_each_card(self, rows: Rows) -> Rows:
        _, first = np.unique(self.history.card[rows], return_index=True)
        return rows[np.sort(first)]

    def _later(self, rows: Rows, support: Rows) -> Rows:
        card, seconds = self.history.card, self.history.seconds
        later = rows[seconds[rows] > seconds[support[-1]]]
        later = later[~np.isin(card[later], card[support])][:400]
        return later if len(later) >= 5 else rows
