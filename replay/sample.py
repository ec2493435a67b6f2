"""A bounded sample of a stream of rows: it keeps all frauds, and draws the other rows uniformly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Sample:
    """Keeps all rows that must stay and at most `most` others, in the order of arrival."""

    def __init__(self, most: int, seed: int) -> None:
        self._most = most
        self._rng = np.random.default_rng(seed)
        self._parts: list[tuple[Array, ...]] = []  # whether a row must stay, its draw, then its columns
        self._spare = 0

    def add(self, must_stay: NDArray[np.bool_], *columns: Array) -> None:
        """Take n rows; each column has n values along its first axis."""
        self._parts.append((must_stay, self._rng.random(len(must_stay)), *columns))
        self._spare += int(np.sum(~must_stay))
        if self._spare > 2 * self._most:
            self._shrink()

    def columns(self) -> tuple[Array, ...]:
        """Return the columns of the kept rows; none where no rows were added."""
        if not self._parts:
            return ()
        self._shrink()
        return self._parts[0][2:]

    def _shrink(self) -> None:
        whole = tuple(np.concatenate(column) for column in zip(*self._parts, strict=True))
        stay, draw = whole[:2]
        if self._spare > self._most:
            kept = stay | (draw < np.partition(draw[~stay], self._most)[self._most])
            whole = tuple(column[kept] for column in whole)
        self._parts = [whole]
        self._spare = int(np.sum(~whole[0]))
