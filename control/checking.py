"""Checks that what an entry holds fits together, before a kernel reads it: kernels check no bounds."""

from __future__ import annotations

from collections.abc import Sequence

from control.errors import MalformedEntry
from control.loading import LoadedBase, LoadedDetector
from meta.adapters.protocol import Adapter
from meta.detector_tensors import UnfitDetector
from meta.kernels import KNOTS


def check_base(loaded: LoadedBase, *, features: Sequence[str] | None = None) -> None:
    """Check that normaliser, histograms, past fraud and curves of a base fit its features.

    Args:
        loaded: The base.
        features: Names of the features that the base must read, in order; None allows any.

    Raises:
        MalformedEntry: They do not fit, or the base reads other features.
    """
    _check_widths(loaded)
    if features is not None and tuple(features) != tuple(loaded.model.features):
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


def _check_widths(loaded: LoadedBase) -> None:
    model, features = loaded.model, len(loaded.model.features)
    past = [loaded.past.shape[1]] if len(loaded.past) else []
    widths = (model.normaliser.columns, len(model.histograms.edges), *past)
    if set(widths) != {features}:
        raise MalformedEntry(f"base {loaded.id}: parts of widths {widths}, allowed is {features} each")
    if (tokens := model.network.table.shape[0]) != model.normaliser.tokens:
        raise MalformedEntry(
            f"base {loaded.id}: curves for {tokens} tokens, its normaliser gives {model.normaliser.tokens}"
        )
    if (knots := model.network.table.shape[1]) != KNOTS:
        raise MalformedEntry(f"base {loaded.id}: curves of {knots} knots, this version reads {KNOTS}")
