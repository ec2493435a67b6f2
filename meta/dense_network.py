"""A dense network as plain arrays, scored by the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta import kernels
from meta.arrays import Doubles, Floats, Tensors


@dataclass(frozen=True)
class DenseNetwork:
    """Layers of weight float32 (in, out) and bias (out,), ReLU between them, one output."""

    layers: tuple[tuple[Floats, Floats], ...]

    @classmethod
    def from_tensors(cls, tensors: Tensors) -> DenseNetwork:
        """Rebuild from `w0`, `b0`, `w1`, ..."""
        depth = sum(1 for name in tensors if name.startswith("w"))
        return cls(tuple((tensors[f"w{i}"], tensors[f"b{i}"]) for i in range(depth)))

    def tensors(self) -> Tensors:
        """Return what a detector stores."""
        named: Tensors = {}
        for i, (weight, bias) in enumerate(self.layers):
            named |= {f"w{i}": np.ascontiguousarray(weight), f"b{i}": np.ascontiguousarray(bias)}
        return named

    def score(self, tokens: Floats) -> Doubles:
        """Return log-odds float64 (n,) for normal scores float32 (n, d)."""
        return self.outputs(tokens)[:, 0].astype(np.float64)

    def outputs(self, tokens: Floats) -> Floats:
        """Return all outputs float32 (n, out)."""
        x = tokens
        for i, (weight, bias) in enumerate(self.layers):
            out = np.empty((len(x), weight.shape[1]), np.float32)
            kernels.dense(x, weight, bias, out)
            if i < len(self.layers) - 1:
                kernels.relu(out)
            x = out
        return x
