"""MAML: a start from which five gradient steps on the flags lead to a detector. Second order.

What moves: all weights. Source: Finn et al. 2017, arXiv:1703.03400.
"""

from __future__ import annotations

from meta.adapters.gradient import GradientAdapter, balanced_loss, network, ranking_loss
from meta.learner_model import LearnerModel
from meta.learners import gradient

LEARNER = gradient.maml(network, balanced_loss, steps=5, outer=ranking_loss)


def maml(model: LearnerModel) -> GradientAdapter:
    """Return the adapter around a meta-learned start."""
    return GradientAdapter("maml", model, LEARNER)
