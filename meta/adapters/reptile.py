"""Reptile: a start near the end of every task's training; ten gradient steps from there.

What moves: all weights. Source: Nichol et al. 2018, arXiv:1803.02999.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from meta.adapters.declaration import LEARNERS, Declaration
from meta.adapters.gradient import GradientAdapter

if TYPE_CHECKING:
    from meta.learners.reptile import Reptile


@cache
def learner() -> Reptile:
    """Return the algorithm, as it is meta-trained and as it adapts."""
    from meta.learners import reptile
    from meta.learners.losses import balanced_loss
    from meta.learners.networks import mlp

    return reptile.Reptile(mlp, balanced_loss, steps=10)


ADAPTERS = (
    Declaration(
        "reptile",
        lambda artifacts: GradientAdapter("reptile", artifacts.require_learners(), learner().inner),
        frozenset({LEARNERS}),
    ),
)
