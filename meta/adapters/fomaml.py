"""First-order MAML: as MAML, but meta-training ignores how the support's gradient depends on the start.

What moves: all weights. Source: Finn et al. 2017, arXiv:1703.03400, section 5.2.
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

    return gradient.fomaml(mlp, balanced_loss, steps=5, outer=ranking_loss)


ADAPTERS = (
    Declaration(
        "fomaml",
        lambda artifacts: GradientAdapter("fomaml", artifacts.require_learners(), learner()),
        frozenset({LEARNERS}),
    ),
)
