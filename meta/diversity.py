"""The audit of task diversity: how far validation tasks lie from the training tasks.

Two values per token describe a task: the spread, and the mean normal score of its frauds minus that of the
background. Distance is Euclidean. Where validation tasks are much farther from their nearest training task
than training tasks are from one another, meta-learning does not carry over, even if the training loss is low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from meta.arrays import Doubles
from meta.sampler import Task


@dataclass(frozen=True)
class Audit:
    """Distances to the nearest training task.

    Attributes:
        training: Distances of the training tasks, each left out, float64 (n,).
        validation: Distances of the validation tasks, float64 (m,).
        covered: Share of validation tasks that are no farther than 95% of the training tasks.
        directions: Effective number of directions in which training tasks differ (participation ratio).
        places: Tasks in the plane of the plot, training tasks first.
        training_count: Number of training tasks, n.
    """

    training: Doubles
    validation: Doubles
    covered: float
    directions: float
    places: Doubles
    training_count: int

    def lines(self) -> list[str]:
        """Return the audit in words and numbers."""
        return [
            f"training tasks {len(self.training)}, nearest other: median {np.median(self.training):.2f}, "
            f"95% within {np.quantile(self.training, 0.95):.2f}",
            f"validation tasks {len(self.validation)}, nearest training task: median "
            f"{np.median(self.validation):.2f}; {self.covered:.0%} within the training tasks' 95%",
            f"training tasks differ in {self.directions:.1f} directions",
        ]


def describe(task: Task) -> Doubles:
    """Return mean shift and spread of a task's frauds per token, float64 (2 * tokens,)."""
    fraud = np.concatenate([task.support, task.fraud]).astype(np.float64)
    usual = task.background.astype(np.float64)
    return np.concatenate(
        [fraud.mean(0) - usual.mean(0), np.log((fraud.std(0) + 0.1) / (usual.std(0) + 0.1))]
    )


def audit(training: Sequence[Task], validation: Sequence[Task]) -> Audit:
    """Compare two or more training tasks with one or more validation tasks."""
    a, b = (np.stack([describe(t) for t in tasks]) for tasks in (training, validation))
    own = _distances(a, a)
    np.fill_diagonal(own, np.inf)
    near, far = own.min(1), _distances(b, a).min(1)
    centred = a - a.mean(0)
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    power = spread**2
    places = (np.concatenate([a, b]) - a.mean(0)) @ axes[:2].T
    covered = float(np.mean(far <= np.quantile(near, 0.95)))
    return Audit(near, far, covered, float(power.sum() ** 2 / np.sum(power**2)), places, len(a))


def plot(result: Audit, path: Path) -> None:
    """Draw tasks along the two main directions, and the distances; needs matplotlib."""
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    own, other = result.places[: result.training_count], result.places[result.training_count :]
    left.scatter(own[:, 0], own[:, 1], s=8, alpha=0.4, label="training")
    left.scatter(other[:, 0], other[:, 1], s=24, marker="x", label="validation")
    left.set(title="tasks, main directions")
    left.legend()
    bins = np.linspace(0, max(result.training.max(), result.validation.max()), 30).tolist()
    right.hist([result.training, result.validation], bins, density=True, label=["training", "validation"])
    right.set(title="distance to the nearest training task")
    right.legend()
    figure.savefig(path, dpi=120)


def _distances(a: Doubles, b: Doubles) -> Doubles:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))
