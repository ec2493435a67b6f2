"""The evidence network: reads support and background, writes one curve per token.

It is a transformer over tokens: the features and a few learned features. The detector that it writes is a
table of curves, so scoring is a sum, and scoring with many detectors is one pass. Only the table is kept of
the support.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from meta.kernels import KNOTS, LIMIT
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


BANDWIDTHS = (0.15, 0.4, 1.0)  # standard deviations; the narrowest hardly leaves its knot
_FLOOR = 2e-3  # density that everything has: bounds the evidence of one token to about 6


def smoothing() -> Tensor:
    """Return Gaussian kernels over the knots (bandwidths, KNOTS, KNOTS), each row summing to 1."""
    knots = torch.linspace(-LIMIT, LIMIT, KNOTS)
    apart = (knots[:, None] - knots[None]) ** 2
    kernels = torch.stack([torch.exp(-apart / (2 * b**2)) for b in BANDWIDTHS])
    return kernels / kernels.sum(-1, keepdim=True)


class EvidenceNet(nn.Module):
    """Reads a support into one curve per token.

    Tokens are `features` normal scores (and the base's, where the network is aware of it), then `learned`
    outputs of a trunk.
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
        write = nn.Linear(width, 2 * KNOTS + len(BANDWIDTHS))
        self.write = nn.Sequential(nn.LayerNorm(width), write)
        self.bias = nn.Parameter(torch.zeros(1))
        self.smoothing: Tensor
        self.register_buffer("smoothing", smoothing(), persistent=False)
        with torch.no_grad():  # start near zero evidence: large random curves take long to unlearn
            write.weight.mul_(0.25)
            write.bias[: 2 * KNOTS].mul_(0.1)
            write.bias[2 * KNOTS :].fill_(-3.0)

    def extend(self, x: Tensor) -> Tensor:
        """Return tokens (..., features + learned) for normal scores (..., features)."""
        return torch.cat([x, squash(self.trunk(x))], -1)

    def adapt(self, support: Tensor, background: Tensor) -> Tensor:
        """Return the tables of curves, (tasks, tokens, KNOTS).

        Args:
            support: Normal scores of the flags, (tasks, k, features).
            background: Normal scores of ordinary rows, (tasks, g, features).
        """
        tasks, k, _ = support.shape
        flagged = hat(self.extend(support))
        read = self._read(flagged.flatten(0, 1))
        rows = read.reshape(tasks, k, *read.shape[1:])
        usual = hat(self.extend(background)).mean(1)
        return self._write(_pooled(rows, torch.ones(tasks, k, device=rows.device)), flagged.mean(1), usual)

    def adapt_parts(self, support: Tensor, parts: Tensor, usual: Tensor) -> Tensor:
        """Return a table for each of several parts of one support, (p, tokens, KNOTS).

        `support` (k, features), `parts` (p, k) holds 1 for the flags of a part and 0 for the others, `usual`
        (tokens, KNOTS) is the background's share per knot. Each flag is read once, however many parts it is
        in: leaving flags out in turn costs little more than adapting once.
        """
        flagged = hat(self.extend(support))
        rows = self._read(flagged)
        shared = torch.einsum("pk,kmj->pmj", parts, flagged) / parts.sum(1)[:, None, None]
        return self._write(_pooled(rows.expand(len(parts), *rows.shape), parts), shared, usual[None])

    def _read(self, flagged: Tensor) -> Tensor:
        """Return an embedding (k, tokens, width) of each flagged row, from shares (k, tokens, KNOTS)."""
        return self.row(self.of_cell(flagged) + self.identity)  # type: ignore[no-any-return]

    def _write(self, pooled: tuple[Tensor, Tensor, Tensor], flagged: Tensor, usual: Tensor) -> Tensor:
        mean, spread, count = pooled
        z = (
            self.pool(torch.cat([mean, spread], -1))
            + self.identity
            + self.of_background(usual)
            + self.of_count(torch.log(count)[:, None, None] / 3)
        )
        for layer in self.layers:
            z = layer(z)
        value, gate, trust = self.write(z).split([KNOTS, KNOTS, len(BANDWIDTHS)], -1)
        ratios = self.log_ratios(flagged, usual)
        weighed = (functional.softplus(trust).unsqueeze(-1) * ratios).sum(-2)
        return value * torch.sigmoid(gate) + weighed  # type: ignore[no-any-return]

    def log_ratios(self, flagged: Tensor, usual: Tensor) -> Tensor:
        """Return how much denser the flags are than the background, (tasks, tokens, bandwidths, KNOTS).

        `flagged` (tasks, tokens, KNOTS) and `usual` (tasks or 1, tokens, KNOTS) are shares per knot. This is
        naive Bayes at three widths; the network only weighs it, and so need not learn to draw a narrow peak.
        """
        own, other = (torch.einsum("tmk,bkj->tmbj", h, self.smoothing) for h in (flagged, usual))
        return torch.log((own + _FLOOR) / (other + _FLOOR))

    def score(self, table: Tensor, rows: Tensor) -> Tensor:
        """Return log-odds (tasks, n) of rows (tasks, n, features) under tables (tasks, tokens, KNOTS)."""
        left, share = locate(self.extend(rows))
        tasks, n, m = left.shape
        at = (left + torch.arange(m, device=rows.device) * KNOTS).reshape(tasks, n * m)
        flat = table.reshape(tasks, -1)
        low = flat.gather(1, at).reshape(tasks, n, m)
        high = flat.gather(1, at + 1).reshape(tasks, n, m)
        return (low + (high - low) * share).sum(-1) + self.bias


def _pooled(rows: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean and deviation (tasks, tokens, width) of the chosen rows, and their number (tasks,).

    `rows` (tasks, k, tokens, width), `chosen` (tasks, k) of 0 and 1; a single row has no deviation.
    """
    count = chosen.sum(1)
    share = (chosen / count[:, None])[:, :, None, None]
    mean = (rows * share).sum(1)
    spread = ((rows - mean[:, None]) ** 2 * share).sum(1).add(1e-6).sqrt()
    return mean, torch.where(count[:, None, None] > 1, spread, torch.zeros_like(spread)), count
