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
        kernels.decide(self.surprises(X), self.shifts, best, winner)
        return best, winner

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

    def contributions(self, row: Floats, winner: int) -> Doubles:
        """Return what each feature contributes to the winner's log-odds.

        Args:
            row: Raw features float32 (d,).
            winner: Index into `detectors`, or -1 for the base.

        Returns:
            What the log-odds lose when one feature is set to its median in the training data, float64 (d,).
        """
        usual = np.tile(row, (len(row) + 1, 1)).astype(np.float32)
        np.fill_diagonal(usual[1:], self.medians)
        scores = self._scores_of(usual, winner)
        return np.asarray(scores[0] - scores[1:])

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

    def _scores_of(self, X: Floats, winner: int) -> Doubles:
        if winner == BASE:
            return self.base.score(X)
        live = self.detectors[winner]
        if live.adapter.needs_surprise:
            X = with_surprise(X, self.base_tails.surprise(self.base.score(X)))
        return live.adapter.score(live.detector, X)

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
