"""ANIL: as MAML, but the inner steps move the last layer alone; the layers below are shared features.

What moves: the head. Source: Raghu et al. 2020, arXiv:1909.09157.
"""

from __future__ import annotations

from meta.adapters.gradient import GradientAdapter, balanced_loss, network, ranking_loss
from meta.learner_model import LearnerModel
from meta.learners import gradient

HEAD = frozenset({"w2", "b2"})
LEARNER = gradient.anil(network, balanced_loss, HEAD, steps=5, outer=ranking_loss)


def anil(model: LearnerModel) -> GradientAdapter:
    """Return the adapter around a meta-learned start."""
    return GradientAdapter("anil", model, LEARNER)
