"""Small networks as functions of their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

Params = dict[str, Tensor]


def mlp_params(sizes: Sequence[int], *, seed: int, dtype: torch.dtype = torch.float32) -> Params:
    """Return `w0` (in, out), `b0` (out,), `w1` ... of a dense network.

    Weights are drawn as in He et al. 2015, arXiv:1502.01852, for ReLU.
    """
    generator = torch.Generator().manual_seed(seed)
    params: Params = {}
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        scale = (2.0 / inputs) ** 0.5
        params[f"w{i}"] = (scale * torch.randn(inputs, outputs, generator=generator)).to(dtype)
        params[f"b{i}"] = torch.zeros(outputs, dtype=dtype)
    return params


def mlp(params: Params, x: Tensor) -> Tensor:
    """Return outputs (..., out) for inputs (..., in), with ReLU between the layers."""
    depth = len(params) // 2
    for i in range(depth):
        x = x @ params[f"w{i}"] + params[f"b{i}"]
        if i < depth - 1:
            x = functional.relu(x)
    return x


def last_layer(params: Params) -> frozenset[str]:
    """Return the names of the output layer's parameters."""
    i = len(params) // 2 - 1
    return frozenset({f"w{i}", f"b{i}"})
