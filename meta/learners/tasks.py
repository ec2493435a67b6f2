"""A batch of tasks of one shape."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Tasks:
    """Support x (tasks, k, ...), y (tasks, k, ...), and query x (tasks, q, ...), y (tasks, q, ...)."""

    support_x: Tensor
    support_y: Tensor
    query_x: Tensor
    query_y: Tensor

    def to(self, device: str) -> Tasks:
        """Return the same tasks in the memory of `device`."""
        return Tasks(
            self.support_x.to(device),
            self.support_y.to(device),
            self.query_x.to(device),
            self.query_y.to(device),
        )

    def __len__(self) -> int:
        return len(self.support_x)
