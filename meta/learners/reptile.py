"""Reptile: moves the start towards the end of each task's training, without second-order gradients.

Source: Nichol et al. 2018, «On first-order meta-learning algorithms», arXiv:1803.02999.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch.func import vmap

from meta.learners.gradient import Forward, GradientLearner, Loss, Progress, State
from meta.learners.networks import Params
from meta.learners.tasks import Tasks


@dataclass(frozen=True)
class Reptile:
    """The Reptile learner.

    Attributes:
        forward: Network as a function of parameters and inputs.
        loss: Loss of the inner steps.
        steps: Inner steps.
        pull: Share of the mean way that the start moves; it falls linearly to 0 over training.
    """

    forward: Forward
    loss: Loss
    steps: int = 5
    pull: float = 0.5

    @property
    def inner(self) -> GradientLearner:
        """The inner loop, which is MAML's."""
        return GradientLearner(self.forward, self.loss, self.steps, first_order=True)

    def train(
        self, state: State, batches: Iterable[Tasks], *, total: int, progress: Progress | None = None
    ) -> State:
        """Return the state after one move per batch; `total` batches are expected. Query rows train too."""
        for step, tasks in enumerate(batches):
            x = torch.cat([tasks.support_x, tasks.query_x], 1)
            y = torch.cat([tasks.support_y, tasks.query_y], 1)
            start = state
            ends: Params = vmap(lambda sx, sy, s=start: self.inner.adapt(s, sx, sy))(x, y)
            pull = self.pull * (1 - step / total)
            moved = {k: v + pull * (ends[k].mean(0) - v) for k, v in state.params.items()}
            state = State(moved, state.rates)
            if progress is not None:
                progress(step, float(sum(((ends[k] - v) ** 2).sum() for k, v in start.params.items())))
        return state
