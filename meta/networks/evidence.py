"""The evidence network: reads support and background, writes one curve per token.

A transformer over tokens (each feature, and each of a few learned features). The detector it writes is a
table of curves, so scoring it is a sum, and scoring many is one pass. Nothing of the support survives but the
table.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from meta.kernels import KNOTS
from meta.networks.curves import hat, locate, squash


class Attention(nn.Module):
    """Pre-norm self-attention and feed-forward over (batch, items, width)."""

    def __init__(self, width: int, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, items, width)."""
        b, m, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, m, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, m, w)
        x = x + self.out(mixed)
        return x + self.feed(self.norm2(x))  # type: ignore[no-any-return]


class EvidenceNet(nn.Module):
    """Tokens are `features` normal scores (and the base's, where it is aware) and `learned` ones of a
    trunk.
    """

    def __init__(
        self, features: int, learned: int = 24, trunk: int = 96, width: int = 32, layers: int = 2
    ) -> None:
        super().__init__()
        self.features, self.learned, self.hidden = features, learned, trunk
        self.tokens = features + learned
        self.trunk = nn.Sequential(nn.Linear(features, trunk), nn.ReLU(), nn.Linear(trunk, learned))
        self.identity = nn.Parameter(0.3 * torch.randn(self.tokens, width))
        self.of_cell, self.of_background = nn.Linear(KNOTS, width), nn.Linear(KNOTS, width)
        self.of_count = nn.Linear(1, width)
        self.row = Attention(width)
        self.pool = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
        self.layers = nn.ModuleList([Attention(width) for _ in range(layers)])
        write = nn.Linear(width, 2 * KNOTS)
        self.write = nn.Sequential(nn.LayerNorm(width), write)
        self.bias = nn.Parameter(torch.zeros(1))
        with torch.no_grad():  # start near zero evidence: large random curves take long to unlearn
            write.weight.mul_(0.25)
            write.bias[:KNOTS].mul_(0.1)

    def extend(self, x: Tensor) -> Tensor:
        """Return tokens (..., features + learned) for normal scores (..., features)."""
        return torch.cat([x, squash(self.trunk(x))], -1)

    def adapt(self, support: Tensor, background: Tensor) -> Tensor:
        """Return tables (tasks, tokens, KNOTS) for supports (tasks, k, features), backgrounds (tasks, g,
        features).
        """
        tasks, k, _ = support.shape
        cells = self.of_cell(hat(self.extend(support))) + self.identity
        cells = self.row(cells.reshape(tasks * k, self.tokens, -1)).reshape(tasks, k, self.tokens, -1)
        spread = cells.var(1, unbiased=False).add(1e-6).sqrt() if k > 1 else torch.zeros_like(cells[:, 0])
        usual = self.of_background(hat(self.extend(background)).mean(1))
        count = self.of_count(torch.full((tasks, 1, 1), math.log(k) / 3, device=support.device))
        z = self.pool(torch.cat([cells.mean(1), spread], -1)) + self.identity + usual + count
        for layer in self.layers:
            z = layer(z)
        value, gate = self.write(z).split(KNOTS, -1)
        return value * torch.sigmoid(gate)  # type: ignore[no-any-return]

    def score(self, table: Tensor, rows: Tensor) -> Tensor:
        """Return log-odds (tasks, n) of rows (tasks, n, features) under tables (tasks, tokens, KNOTS)."""
        left, share = locate(self.extend(rows))
        tasks, n, m = left.shape
        at = (left + torch.arange(m, device=rows.device) * KNOTS).reshape(tasks, n * m)
        flat = table.reshape(tasks, -1)
        low = flat.gather(1, at).reshape(tasks, n, m)
        high = flat.gather(1, at + 1).reshape(tasks, n, m)
        return (low + (high - low) * share).sum(-1) + self.bias
