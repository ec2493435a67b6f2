"""N-way K-shot tasks of scikit-learn's digits: 1,797 images of 8 x 8."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from meta.learners.tasks import Tasks

WAYS, QUERIES = 5, 5


class Kinds:
    """Images by kind, each (n, 64), grey values 0 to 1."""

    def __init__(self, images: list[Tensor]) -> None:
        self.images = images

    def draw(self, tasks: int, shots: int, generator: torch.Generator) -> Tasks:
        """Return tasks of WAYS kinds: `shots` support and QUERIES query images of each, labels from 0."""
        x = torch.stack([self._one(shots + QUERIES, generator) for _ in range(tasks)])
        y = torch.arange(WAYS).expand(tasks, WAYS)
        support, query = x[:, :, :shots].flatten(1, 2), x[:, :, shots:].flatten(1, 2)
        return Tasks(support, y.repeat_interleave(shots, 1), query, y.repeat_interleave(QUERIES, 1))

    def rows(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return `count` images of all kinds, and the kind of each."""
        x = torch.cat(self.images)
        y = torch.cat([torch.full((len(images),), kind) for kind, images in enumerate(self.images)])
        chosen = torch.randint(len(x), (count,), generator=generator)
        return x[chosen], y[chosen]

    def _one(self, count: int, generator: torch.Generator) -> Tensor:
        chosen = torch.randperm(len(self.images), generator=generator)[:WAYS]
        return torch.stack([self._some(self.images[i], count, generator) for i in chosen])

    def _some(self, images: Tensor, count: int, generator: torch.Generator) -> Tensor:
        return images[torch.randperm(len(images), generator=generator)[:count]]


def split(seed: int) -> tuple[Kinds, Kinds]:
    """Return twenty kinds to learn from (five digits in four turns each) and the five held-out digits."""
    data = load_digits()
    images = torch.from_numpy(data.images.astype(np.float32) / 16)
    order = np.random.default_rng(seed).permutation(10)
    by_digit = [images[torch.from_numpy(data.target == digit)] for digit in order]
    turned = [torch.rot90(x, turns, (1, 2)).flatten(1) for x in by_digit[:WAYS] for turns in range(4)]
    return Kinds(turned), Kinds([x.flatten(1) for x in by_digit[WAYS:]])
