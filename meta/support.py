"""The support of an episode: flagged transactions, and similar ones that turned out genuine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from meta.arrays import Floats, WrongShape


class EmptySupport(ValueError):
    """An episode without a single flagged transaction."""


@dataclass(frozen=True)
class Support:
    """Rows that an adapter adapts to.

    An adapter that `needs_surprise` reads the base's surprise as one more, last, column.

    Attributes:
        fraud: Flagged frauds, raw features float32 (k, d), k >= 1.
        genuine: Hard negatives, raw features float32 (h, d), h >= 0.

    Raises:
        EmptySupport: There is no flagged row.
        WrongShape: Frauds and hard negatives have different numbers of columns.
    """

    fraud: Floats
    genuine: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __post_init__(self) -> None:
        if self.fraud.ndim != 2 or len(self.fraud) == 0:
            raise EmptySupport(f"support of shape {self.fraud.shape}, allowed (1 or more, features)")
        if len(self.genuine) and self.genuine.shape[1] != self.fraud.shape[1]:
            raise WrongShape(f"hard negatives {self.genuine.shape}, allowed (rows, {self.fraud.shape[1]})")

    def __len__(self) -> int:
        return len(self.fraud)

    def without(self, rows: Sequence[int]) -> Support:
        """Return the support without some of its flagged rows.

        Raises:
            EmptySupport: No flagged row is left.
        """
        return Support(np.delete(self.fraud, rows, axis=0), self.genuine)

    def with_negatives(self, background: Floats) -> Floats:
        """Return the hard negatives followed by the background rows."""
        return np.concatenate([self.genuine, background]) if len(self.genuine) else background


def with_surprise(X: Floats, surprise: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Floats:
    """Return features (n, d + 1) with the base's surprise as last column."""
    return np.concatenate([X, surprise[:, None].astype(np.float32)], axis=1)
