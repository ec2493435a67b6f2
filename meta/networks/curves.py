"""Piecewise-linear curves in torch, the same function that `meta.kernels` computes."""

from __future__ import annotations

import torch
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
        return functional.embedding_bag(index, self.table, per_sample_weights=weight, mode="sum") + self.bias


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
