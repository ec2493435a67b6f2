"""Stop meta-training where tasks of families that it has not seen no longer gain by it (Prechelt 1998)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from meta.sampler import COUNTS, Sampler, Task

EVERY = 100  # steps between looks
PATIENCE = 5  # looks without a gain until it stops
BATCHES, TASKS = 8, 8  # that a look is the mean of; always the same ones, so that looks can be compared

Loss = Callable[[list[Task]], Tensor]


@dataclass
class EarlyStopping:
    """Keeps the weights with the lowest loss on `batches` of validation tasks, each of equal counts.

    `best_step` is the step after which they were the weights, `losses` the loss at each look.
    """

    batches: Sequence[list[Task]]
    every: int = EVERY
    patience: int = PATIENCE
    best_step: int = 0
    losses: list[float] = field(default_factory=list)
    _best: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def on(cls, sampler: Sampler, families: Sequence[int]) -> EarlyStopping:
        """Draw the validation tasks from families of `sampler` alone."""
        drawn = []
        for batch in range(BATCHES):
            k = COUNTS[batch % len(COUNTS)]
            drawn.append([sampler.historical(families[task % len(families)], k) for task in range(TASKS)])
        return cls(drawn)

    def has_enough(self, net: nn.Module, steps: int, loss: Loss) -> bool:
        """Look where it is time after `steps` steps; True once looks have gained nothing for too long."""
        if steps % self.every:
            return False
        net.eval()
        with torch.no_grad():
            now = float(torch.stack([loss(tasks) for tasks in self.batches]).mean())
        net.train()
        if not self.losses or now < min(self.losses):
            self.best_step = steps
            self._best = {name: value.detach().clone() for name, value in net.state_dict().items()}
        self.losses.append(now)
        return len(self.losses) - 1 - self.losses.index(min(self.losses)) >= self.patience

    def restore(self, net: nn.Module) -> None:
        """Give `net` the best weights, if there was a look at all."""
        if self._best:
            net.load_state_dict(self._best)
