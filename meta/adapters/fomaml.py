"""First-order MAML: as MAML, but meta-training ignores how the support's gradient depends on the start.

What moves: all weights. Source: Finn et al. 2017, arXiv:1703.03400, section 5.2.
"""

from __future__ import annotations

from meta.adapters.gradient import GradientAdapter, balanced_loss, network, ranking_loss
from meta.learner_model import LearnerModel
from meta.learners import gradient

LEARNER = gradient.fomaml(network, balanced_loss, steps=5, outer=ranking_loss)


def fomaml(model: LearnerModel) -> GradientAdapter:
    """Return the adapter around a meta-learned start."""
    return GradientAdapter("fomaml", model, LEARNER)
