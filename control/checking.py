"""Checks that what an entry holds fits what is in force, before a kernel reads it: kernels check no bounds.

`control.loading` has checked each part by itself before: shapes, dtypes, finite values, ascending tails.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from control.errors import MalformedEntry
from control.loading import LoadedBase, LoadedDetector
from meta.adapters.protocol import Adapter
from meta.detector_tensors import UnfitDetector
from meta.soundness import rows_over_the_range
from meta.stack import ScoringStack


def check_features(loaded: LoadedBase, features: Sequence[str]) -> None:
    """Check that a base reads these features, in this order.

    Raises:
        MalformedEntry: It reads others.
    """
    if tuple(features) != tuple(loaded.model.features):
        raise MalformedEntry(f"base {loaded.id}: reads other features than the base in force")


def check_detector(loaded: LoadedDetector, adapter: Adapter, base: LoadedBase) -> None:
    """Check that a detector's tensors are those that its adapter reads, and its support has the features.

    Raises:
        MalformedEntry: A tensor is missing, unknown, of another shape or dtype, or not finite.
    """
    support, features = loaded.support, len(base.model.features)
    if len(support.ids) and support.rows.shape != (len(support.ids), features):
        raise MalformedEntry(
            f"detector {loaded.id}: support {support.rows.shape}, allowed {(len(support.ids), features)}"
        )
    try:
        adapter.check(loaded.detector)
    except UnfitDetector as error:
        raise MalformedEntry(f"detector {loaded.id}: {error}") from error


def try_out(stack: ScoringStack, detectors: Sequence[LoadedDetector]) -> None:
    """Score rows over the whole range of the base's features: finite weights can still overflow.

    Args:
        stack: Base and detectors.
        detectors: The entries of the stack's detectors, in their order.

    Raises:
        MalformedEntry: A score is not finite; the message names base or detector.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            scores = stack.scores(rows_over_the_range(stack.base.normaliser))
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise MalformedEntry(f"the parts in force do not fit each other: {error}") from error
    names = ["the base", *(f"detector {loaded.id}" for loaded in detectors)]
    for name, column in zip(names, scores.T, strict=True):
        if not np.isfinite(column).all():
            raise MalformedEntry(f"{name} gives {np.sum(~np.isfinite(column))} scores that are not finite")
