"""Meta-SGD: two gradient steps with a learned step size, and sign, for every weight.

What moves: all weights. Source: Li et al. 2017, arXiv:1707.09835.
"""

from __future__ import annotations

from meta.adapters.gradient import GradientAdapter, balanced_loss, network, ranking_loss
from meta.learner_model import LearnerModel
from meta.learners import gradient

LEARNER = gradient.meta_sgd(network, balanced_loss, steps=2, outer=ranking_loss)


def metasgd(model: LearnerModel) -> GradientAdapter:
    """Return the adapter around a meta-learned start and step sizes."""
    return GradientAdapter("metasgd", model, LEARNER)
