"""Piecewise-linear curves in torch, the same function that `meta.kernels` computes."""

from __future__ import annotations

from typing import Any

import torch
from scipy.sparse import csr_matrix
from torch import Tensor, nn
from torch.nn import functional

from meta.kernels import KNOTS, LIMIT


def locate(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Return left knot (long) and share of the right knot for tokens of any shape, in +-LIMIT."""
    u = (tokens.clamp(-LIMIT, LIMIT) + LIMIT) * ((KNOTS - 1) / (2 * LIMIT))
    left = u.detach().floor().long().clamp(0, KNOTS - 2)
    return left, u - left


def hat(tokens: Tensor) -> Tensor:
    """Return the tokens' basis (..., KNOTS): each token shares 1 between its two knots."""
    knots = torch.linspace(-LIMIT, LIMIT, KNOTS, device=tokens.device)
    width = 2 * LIMIT / (KNOTS - 1)
    return functional.relu(1 - (tokens.clamp(-LIMIT, LIMIT).unsqueeze(-1) - knots).abs() / width)


def squash(x: Tensor) -> Tensor:
    """Bring values into +-LIMIT smoothly: x / (1 + |x| / LIMIT)."""
    return x / (1 + x.abs() / LIMIT)


class CurveLayer(nn.Module):
    """One curve per token and output: tokens (n, m) -> (n, outputs).

    The parameter `table` has the shape (m * KNOTS, outputs).
    """

    def __init__(self, tokens: int, outputs: int) -> None:
        super().__init__()
        self.tokens = tokens
        knots = torch.linspace(-LIMIT, LIMIT, KNOTS)
        slopes = torch.randn(tokens, 1, outputs) / tokens**0.5
        noise = 0.1 * torch.randn(tokens, KNOTS, outputs) / tokens**0.5
        self.table = nn.Parameter((slopes * knots[None, :, None] + noise).reshape(tokens * KNOTS, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, tokens: Tensor) -> Tensor:
        """Sum the curves of each row."""
        left, share = locate(tokens)
        at = left + torch.arange(self.tokens, device=tokens.device) * KNOTS
        index = torch.cat([at, at + 1], 1)
        weight = torch.cat([1 - share, share], 1)
        return _weighted_sum(index, weight, self.table) + self.bias


def _weighted_sum(index: Tensor, weight: Tensor, table: Tensor) -> Tensor:
    """Return for each of n rows the sum of `weight` (n, k) times the rows `index` (n, k) of a table."""
    if table.device.type == "cpu" and not weight.requires_grad:
        summed: Tensor = _SparseSum.apply(index, weight, table)
        return summed
    return functional.embedding_bag(index, table, per_sample_weights=weight, mode="sum")


class _SparseSum(torch.autograd.Function):
    """The same on the processor, with a gradient of the table in a tenth of torch's time.

    The gradient is a product with the transposed sparse matrix of weights, in a fixed order. The weights
    themselves get no gradient.
    """

    @staticmethod
    def forward(ctx: Any, index: Tensor, weight: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(index, weight)
        ctx.rows = len(table)
        return functional.embedding_bag(index, table, per_sample_weights=weight, mode="sum")

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, None, Tensor]:
        index, weight = ctx.saved_tensors
        n, k = index.shape
        begins = torch.arange(0, n * k + 1, k)
        parts = (weight.reshape(-1).numpy(), index.reshape(-1).numpy(), begins.numpy())
        spread = csr_matrix(parts, shape=(n, ctx.rows))
        return None, None, torch.from_numpy(spread.T @ gradient.contiguous().numpy())


class CurveNet(nn.Module):
    """Curves, then two dense layers: normal scores (n, d) -> log-odds (n,).

    Source: the piecewise-linear embeddings of Gorishniy et al. 2022, arXiv:2203.05556, summed over features.
    """

    def __init__(self, features: int, hidden: tuple[int, int] = (64, 32)) -> None:
        super().__init__()
        self.curves = CurveLayer(features, hidden[0])
        self.middle = nn.Linear(hidden[0], hidden[1])
        self.head = nn.Linear(hidden[1], 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return log-odds (n,)."""
        inner = functional.relu(self.middle(functional.relu(self.curves(tokens))))
        return self.head(inner).squeeze(-1)  # type: ignore[no-any-return]
