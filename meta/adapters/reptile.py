"""Reptile: a start that lies near the end of every task's training; ten gradient steps from there.

What moves: all weights. Source: Nichol et al. 2018, arXiv:1803.02999.
"""

from __future__ import annotations

from meta.adapters.gradient import GradientAdapter, balanced_loss, network
from meta.learner_model import LearnerModel
from meta.learners.reptile import Reptile

LEARNER = Reptile(network, balanced_loss, steps=10)


def reptile(model: LearnerModel) -> GradientAdapter:
    """Return the adapter around a meta-learned start."""
    return GradientAdapter("reptile", model, LEARNER.inner)
