"""The scoring stack: base and all live detectors score one batch, and the highest surprise decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.adapters.protocol import Adapter, Scorer
from meta.arrays import Doubles, Floats, Ints, matrix
from meta.base import BaseModel
from meta.calibration import CEILING, Tails
from meta.live import LiveDetector
from meta.support import with_surprise

BASE = -1  # winner where no detector surpasses the base
_CELLS = 1 << 17  # scores in one pass; 1 MiB stays in the cache
_STEPS = 4.0  # per unit of surprise, at which the score that reaches it is known


@dataclass(frozen=True)
class _Group:
    """Detectors that score in one pass, since their adapters encode rows equally.

    Attributes:
        adapter: Adapter of the first, which encodes the rows for all.
        columns: Columns of the detectors among the surprises, int32 (e,).
        scorer: Scores encoded rows with all e detectors.
    """

    adapter: Adapter
    columns: Ints
    scorer: Scorer


@dataclass(frozen=True)
class ScoringStack:
    """Base and live detectors. Immutable: a swap replaces the whole stack.

    Attributes:
        base: The base.
        base_tails: Tails of its scores on genuine traffic.
        detectors: The live detectors.
        base_shift: Added to the base's surprise.
    """

    base: BaseModel
    base_tails: Tails
    detectors: tuple[LiveDetector, ...] = ()
    base_shift: float = 0.0

    def __getstate__(self) -> dict[str, object]:
        """Return what to send to another process; it computes the rest again."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def score(self, X: Floats) -> tuple[Doubles, Ints]:
        """Score rows; a row's result is the same to the bit in any batch.

        Args:
            X: Raw features float32 (n, d).

        Returns:
            Surprise float64 (n,), and winner int32 (n,): an index into `detectors`, or -1 for the base.

        Raises:
            WrongShape: The rows have another number of features than the base.
        """
        best, winner = np.empty(len(X)), np.empty(len(X), np.int32)
        rows = max(_CELLS // (1 + len(self.detectors)), 1)
        for begin in range(0, len(X), rows):
            part = slice(begin, begin + rows)
            self._decide(self.scores(X[part]), best[part], winner[part])
        return best, winner

    def _decide(self, scores: NDArray[np.float64], best: Doubles, winner: Ints) -> None:
        tails = self._distributions
        kernels.decide_scores(scores, *tails, CEILING, self.shifts, self._reach, _STEPS, best, winner)

    def surprises(self, X: Floats) -> NDArray[np.float64]:
        """Return surprises float64 (n, 1 + detectors), base first, before any shift."""
        scores = self.scores(X)
        out = np.empty_like(scores)
        kernels.surprises(scores, *self._distributions, CEILING, out)
        return out

    def scores(self, X: Floats) -> NDArray[np.float64]:
        """Return log-odds float64 (n, 1 + detectors) of raw features float32 (n, d), base first."""
        X = matrix(X, len(self.base.features), "features to score")
        scores = np.empty((len(X), 1 + len(self.detectors)))
        scores[:, 0] = self.base.score(X)
        aware = with_surprise(X, self.base_tails.surprise(scores[:, 0])) if self._any_aware else X
        for group in self._groups:
            encoded = group.adapter.encode(aware if group.adapter.needs_surprise else X)
            scores[:, group.columns] = group.scorer(encoded)
        return scores

    def contributions(self, X: Floats, winner: Ints) -> NDArray[np.float64]:
        """Return what each feature of each row contributes to its winner's log-odds.

        Rows are encoded together, so ten rows cost little more than one.

        Args:
            X: Raw features float32 (n, d); d + 1 variants of each row are scored.
            winner: For each row an index into `detectors`, or -1 for the base, int32 (n,).

        Returns:
            What the log-odds lose when one feature is set to its median in the training data, float64 (n, d).
        """
        n, d = X.shape
        usual = np.repeat(X[:, None, :], d + 1, axis=1).astype(np.float32)
        each = np.arange(d)
        usual[:, each + 1, each] = self.medians
        variants = usual.reshape(-1, d)
        scores = self._scores_of(variants, np.repeat(winner, d + 1)).reshape(n, d + 1)
        return np.asarray(scores[:, :1] - scores[:, 1:])

    def replaced(self, detectors: Sequence[LiveDetector], base_shift: float | None = None) -> ScoringStack:
        """Return the stack with other detectors, and with another shift of the base where given."""
        shift = self.base_shift if base_shift is None else base_shift
        return ScoringStack(self.base, self.base_tails, tuple(detectors), shift)

    @cached_property
    def medians(self) -> Floats:
        """Medians of the raw features in the training data, (d,)."""
        edges = self.base.histograms.edges
        return edges[:, edges.shape[1] // 2]

    @cached_property
    def shifts(self) -> Doubles:
        """Shifts of base and detectors, float64 (1 + detectors,)."""
        return np.array([self.base_shift, *(d.shift for d in self.detectors)])

    def _scores_of(self, X: Floats, winner: Ints) -> Doubles:
        """Return each row's log-odds under its own scorer, float64 (n,)."""
        found = np.empty(len(X))
        at = np.flatnonzero(winner == BASE)
        found[at] = self.base.score(X[at])
        for group in self._groups:
            at = np.flatnonzero(np.isin(winner + 1, group.columns))
            if not len(at):
                continue
            rows = X[at]
            if group.adapter.needs_surprise:
                rows = with_surprise(rows, self.base_tails.surprise(self.base.score(rows)))
            encoded = group.adapter.encode(rows)
            for one in np.unique(winner[at]):
                mine = winner[at] == one
                scorer = group.adapter.scorer([self.detectors[one].detector])
                found[at[mine]] = scorer(tuple(part[mine] for part in encoded))[:, 0]
        return found

    @cached_property
    def _any_aware(self) -> bool:
        return any(d.adapter.needs_surprise for d in self.detectors)

    @cached_property
    def _groups(self) -> tuple[_Group, ...]:
        members: dict[str | int, list[int]] = {}
        for j, live in enumerate(self.detectors):
            members.setdefault(live.adapter.encoding or j, []).append(j)
        return tuple(self._group(at) for at in members.values())

    def _group(self, at: list[int]) -> _Group:
        adapter = self.detectors[at[0]].adapter
        scorer = adapter.scorer([self.detectors[j].detector for j in at])
        return _Group(adapter, 1 + np.array(at, np.int32), scorer)

    @cached_property
    def _distributions(self) -> tuple[Doubles, Doubles, Ints, Doubles]:
        tails = [self.base_tails, *(d.tails for d in self.detectors)]
        first = np.cumsum([0, *(len(t.knots) for t in tails)]).astype(np.int32)
        knots, levels = np.concatenate([t.knots for t in tails]), np.concatenate([t.levels for t in tails])
        return knots, levels, first, np.array([t.rate for t in tails])

    @cached_property
    def _reach(self) -> NDArray[np.float64]:
        """For base and detectors, a score below which the surprise is less than each step, (1 + e, steps)."""
        steps = np.arange(int(CEILING * _STEPS) + 1) / _STEPS
        tails = [self.base_tails, *(d.tails for d in self.detectors)]
        return np.stack([_reach_of(t, steps) for t in tails])


def _reach_of(tails: Tails, steps: Doubles) -> Doubles:
    """Return the knot before the first one that reaches each step: below it all levels are lower."""
    first = np.searchsorted(tails.levels, steps)
    return np.where(first > 0, tails.knots[np.maximum(first - 1, 0)], -np.inf)
