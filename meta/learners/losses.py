"""Losses of binary tasks in which frauds are few."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def balanced_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy in which all frauds together weigh as much as all genuine rows.

    Args:
        logits: Log-odds (n, 1).
        y: Labels (n,), 1 for fraud and 0 for genuine, at least one of each.

    Returns:
        A scalar.
    """
    losses = functional.binary_cross_entropy_with_logits(logits[..., 0], y, reduction="none")
    return 0.5 * (losses * y).sum() / y.sum() + 0.5 * (losses * (1 - y)).sum() / (1 - y).sum()


def ranking_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Return the outer loss of meta-training: frauds over the hardest genuine rows.

    It adds 0.3 of `balanced_loss`. Arguments and result are those of `balanced_loss`.
    """
    score = logits[..., 0]
    hardest = torch.logsumexp(score - 1e9 * y, -1) - torch.log((1 - y).sum() / 64)
    ranking = (functional.softplus(hardest - score) * y).sum() / y.sum()
    return ranking + 0.3 * balanced_loss(logits, y)
