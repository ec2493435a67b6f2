"""A trained curve network as plain arrays, scored by the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta import kernels
from meta.arrays import Doubles, Floats, Ints, Tensors
from meta.tensors import BrokenArtifact

_NAMES = ("table", "table_bias", "middle", "middle_bias", "head", "head_bias")


@dataclass(frozen=True)
class CurveNetwork:
    """Curves (d, KNOTS, h1), dense (h1, h2), dense (h2, 1), each with its bias, all float32."""

    table: Floats
    table_bias: Floats
    middle: Floats
    middle_bias: Floats
    head: Floats
    head_bias: Floats

    @classmethod
    def from_tensors(cls, tensors: Tensors, prefix: str = "network.") -> CurveNetwork:
        """Rebuild from `tensors()`.

        Raises:
            BrokenArtifact: The curves have another number of knots than the kernels read.
        """
        knots = tensors[prefix + "table"].shape[1]
        if knots != kernels.KNOTS:
            raise BrokenArtifact(f"curves of {knots} knots, allowed {kernels.KNOTS}")
        return cls(**{name: np.ascontiguousarray(tensors[prefix + name]) for name in _NAMES})

    def tensors(self, prefix: str = "network.") -> Tensors:
        """Return the tensors that an artifact stores."""
        return {prefix + name: getattr(self, name) for name in _NAMES}

    def score(self, tokens: Floats) -> Doubles:
        """Return log-odds float64 (n,) for normal scores float32 (n, d)."""
        index, weight = located(tokens)
        return self.score_located(index, weight)

    def score_located(self, index: Ints, weight: Floats) -> Doubles:
        """As `score`, for tokens that are located already."""
        n = len(index)
        first = np.empty((n, self.table.shape[2]), np.float32)
        kernels.curves(index, weight, self.table, self.table_bias, first)
        kernels.relu(first)
        second = np.empty((n, self.middle.shape[1]), np.float32)
        kernels.dense(first, self.middle, self.middle_bias, second)
        kernels.relu(second)
        out = np.empty((n, 1), np.float32)
        kernels.dense(second, self.head, self.head_bias, out)
        return out[:, 0].astype(np.float64)


def located(tokens: Floats) -> tuple[Ints, Floats]:
    """Return left knot int32 and right share float32, both (n, m), for tokens (n, m)."""
    index = np.empty(tokens.shape, np.int32)
    weight = np.empty(tokens.shape, np.float32)
    kernels.locate(tokens, index, weight)
    return index, weight
