"""Learners that compare: prototypical and relation networks, for N ways and K shots.

Sources: Snell et al. 2017, arXiv:1703.05175 (prototypes: the mean embedding of a class, squared distance);
Sung et al. 2018, arXiv:1711.06025 (relation: a network judges embedding and prototype side by side).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad_and_value, vmap
from torch.nn import functional

from meta.learners.networks import Params, mlp
from meta.learners.tasks import Tasks

Logits = Callable[[Params, Tensor, Tensor, Tensor], Tensor]


def prototypes(embedded: Tensor, y: Tensor, ways: int) -> Tensor:
    """Return the mean embedding of each class, (ways, e).

    Args:
        embedded: Embeddings (k, e).
        y: Labels (k,) in 0..ways-1.
        ways: Number of classes.
    """
    member = (y[:, None] == torch.arange(ways, device=y.device)).to(embedded.dtype)
    return (member.T @ embedded) / member.sum(0).clamp(min=1)[:, None]


def prototype_logits(params: Params, x: Tensor, y: Tensor, query: Tensor, ways: int) -> Tensor:
    """Return logits (q, ways): minus the squared distance to each prototype."""
    centre = prototypes(mlp(params, x), y, ways)
    return -((mlp(params, query)[:, None] - centre[None]) ** 2).sum(-1)


def relation_logits(params: Params, x: Tensor, y: Tensor, query: Tensor, ways: int) -> Tensor:
    """Return logits (q, ways) that the relation module gives to each embedding beside each prototype.

    Parameters of the embedding are `w*`, `b*`; of the relation `of_query`, `of_prototype` (e, h), `shift`
    (h,), `judge` (h,).
    """
    embedding = {k: v for k, v in params.items() if k[0] in "wb" and k[1:].isdigit()}
    centre = prototypes(mlp(embedding, x), y, ways)
    seen = mlp(embedding, query) @ params["of_query"]
    hidden = functional.relu(seen[:, None] + (centre @ params["of_prototype"] + params["shift"])[None])
    logits: Tensor = hidden @ params["judge"]
    return logits


def relation_params(embedding: Params, hidden: int, *, seed: int) -> Params:
    """Return the parameters of an embedding with a relation module of `hidden` units beside it."""
    width = embedding[f"b{len(embedding) // 2 - 1}"].shape[0]
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator) / math.sqrt(shape[0])

    module = {
        "of_query": draw(width, hidden),
        "of_prototype": draw(width, hidden),
        "shift": torch.zeros(hidden),
        "judge": draw(hidden),
    }
    return embedding | module


@dataclass(frozen=True)
class MetricLearner:
    """A learner that compares queries with the support.

    Attributes:
        logits: Returns logits (q, ways) of `(params, x, y, query)`.
        loss: Loss of the query.
    """

    logits: Logits
    loss: Callable[[Tensor, Tensor], Tensor] = functional.cross_entropy

    def meta_loss(self, params: Params, tasks: Tasks) -> Tensor:
        """Return the mean loss over tasks, a scalar."""

        def one(sx: Tensor, sy: Tensor, qx: Tensor, qy: Tensor) -> Tensor:
            return self.loss(self.logits(params, sx, sy, qx), qy)

        per_task = vmap(one)(tasks.support_x, tasks.support_y, tasks.query_x, tasks.query_y)
        return per_task.mean()

    def train(self, params: Params, batches: Iterable[Tasks], *, rate: float = 1e-3) -> Params:
        """Return the parameters after one Adam step per batch of tasks."""
        leaves = {k: v.clone().requires_grad_(True) for k, v in params.items()}
        optimiser = torch.optim.Adam(list(leaves.values()), rate)
        for tasks in batches:
            now = {k: v.detach() for k, v in leaves.items()}
            gradient, _ = grad_and_value(self.meta_loss)(now, tasks)
            for k, leaf in leaves.items():
                leaf.grad = gradient[k]
            optimiser.step()
        return {k: v.detach().clone() for k, v in leaves.items()}
