"""Stops meta-training once the loss on unseen families no longer falls (Prechelt 1998)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from meta.sampler import COUNTS, Sampler, Task

EVERY = 100  # steps between validations
PATIENCE = 5  # validations without a gain before training stops
BATCHES, TASKS = 8, 8  # validation batches, and tasks in each; always the same, so that losses compare

Loss = Callable[[list[Task]], Tensor]


@dataclass
class EarlyStopping:
    """Keeps the weights with the lowest validation loss.

    Attributes:
        batches: Validation tasks; those of one batch have equal numbers of flags.
        every: Steps between validations.
        patience: Validations without a gain before training stops.
        best_step: Step after which the weights were best.
        losses: Loss at each validation.
    """

    batches: Sequence[list[Task]]
    every: int = EVERY
    patience: int = PATIENCE
    best_step: int = 0
    losses: list[float] = field(default_factory=list)
    _best: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def on(cls, sampler: Sampler, families: Sequence[int]) -> EarlyStopping:
        """Draw the validation tasks from these families of `sampler`."""
        drawn = []
        for batch in range(BATCHES):
            k = COUNTS[batch % len(COUNTS)]
            drawn.append([sampler.historical(families[task % len(families)], k) for task in range(TASKS)])
        return cls(drawn)

    def has_enough(self, net: nn.Module, steps: int, loss: Loss) -> bool:
        """Validate after `steps` steps where it is due; return whether training can stop."""
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
        """Give `net` the best weights, if there was a validation."""
        if self._best:
            net.load_state_dict(self._best)
