"""ANIL: as MAML, but the inner steps move the last layer alone; the layers below are shared features.

What moves: the head. Source: Raghu et al. 2020, arXiv:1909.09157.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from meta.adapters.declaration import LEARNERS, Declaration
from meta.adapters.gradient import GradientAdapter

if TYPE_CHECKING:
    from meta.learners.gradient import GradientLearner

HEAD = frozenset({"w2", "b2"})  # the output layer of the network that `learner_training` starts from


@cache
def learner() -> GradientLearner:
    """Return the algorithm, as it is meta-trained and as it adapts."""
    from meta.learners import gradient
    from meta.learners.losses import balanced_loss, ranking_loss
    from meta.learners.networks import mlp

    return gradient.anil(mlp, balanced_loss, HEAD, steps=5, outer=ranking_loss)


ADAPTERS = (
    Declaration(
        "anil",
        lambda artifacts: GradientAdapter("anil", artifacts.require_learners(), learner()),
        frozenset({LEARNERS}),
    ),
)
