"""Meta-SGD: two gradient steps with a learned step size, and sign, for every weight.

What moves: all weights. Source: Li et al. 2017, arXiv:1707.09835.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from meta.adapters.declaration import LEARNERS, Declaration
from meta.adapters.gradient import GradientAdapter

if TYPE_CHECKING:
    from meta.learners.gradient import GradientLearner


@cache
def learner() -> GradientLearner:
    """Return the algorithm, as it is meta-trained and as it adapts."""
    from meta.learners import gradient
    from meta.learners.losses import balanced_loss, ranking_loss
    from meta.learners.networks import mlp

    return gradient.meta_sgd(mlp, balanced_loss, steps=2, outer=ranking_loss)


ADAPTERS = (
    Declaration(
        "metasgd",
        lambda artifacts: GradientAdapter("metasgd", artifacts.require_learners(), learner()),
        frozenset({LEARNERS}),
    ),
)
