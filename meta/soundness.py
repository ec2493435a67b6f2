"""Checks that trained models hold together, before a kernel reads them: kernels check no bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from meta.arrays import Floats, Tensors
from meta.base import BaseModel
from meta.detector_tensors import TensorSpec, UnfitDetector, check_tensors
from meta.evidence_model import EvidenceModel
from meta.histograms import BINS
from meta.kernels import KNOTS
from meta.normaliser import Normaliser
from meta.tensors import BrokenArtifact

_LAYER = re.compile(r"layers\.(\d+)\.")
_FARTHEST = 1e18  # raw units; a cell of the normaliser's table must be a finite float32, and no denormal
_STEPS = 4  # features move through their quantiles in this many different orders


def check_base_model(model: BaseModel) -> None:
    """Check names, shapes, dtypes and values of all that a base holds.

    Raises:
        BrokenArtifact: A tensor has another shape or dtype than the kernels read, holds a value that is not
            finite, or knots are not ascending.
    """
    _check_names(model.features)
    features = len(model.features)
    _check_normaliser(model.normaliser, features)
    network = model.network
    tokens, first, second = model.normaliser.tokens, *_widths(network.table, network.middle)
    shapes = {
        "table": (tokens, KNOTS, first),
        "table_bias": (first,),
        "middle": (first, second),
        "middle_bias": (second,),
        "head": (second, 1),
        "head_bias": (1,),
    }
    _check("network.", network.tensors(""), shapes)
    _check("", model.histograms.tensors(), {
        "histograms.edges": (features, BINS - 1), "histograms.shares": (features, BINS)
    })  # fmt: skip
    _check_ascending("histograms.edges", model.histograms.edges)


def check_evidence(model: EvidenceModel) -> None:
    """Check the parts of an evidence network that scoring reads, and that its sizes are those of its weights.

    Raises:
        BrokenArtifact: A weight has another shape or dtype, holds a value that is not finite, or a size is
            not that of the weights.
    """
    _check_names(model.features)
    _check_normaliser(model.normaliser, len(model.features))
    weights = model.weights
    inputs = model.normaliser.tokens + int(model.aware)
    hidden, learned = _lengths(weights, "trunk.0.weight", "trunk.2.weight")
    trunk = {
        "trunk.0.weight": (hidden, inputs),
        "trunk.0.bias": (hidden,),
        "trunk.2.weight": (learned, hidden),
        "trunk.2.bias": (learned,),
    }
    _check("net.", {name: weights[name] for name in trunk if name in weights}, trunk)
    _check("net.", weights, {name: tensor.shape for name, tensor in weights.items()})
    identity = weights.get("identity", np.zeros((0, 0), np.float32))
    if identity.ndim != 2:
        raise BrokenArtifact(f"net.identity of shape {identity.shape}, allowed (tokens, width)")
    layers = {match[1] for name in weights if (match := _LAYER.match(name))}
    found = {"learned": learned, "trunk": hidden, "width": identity.shape[1], "layers": len(layers)}
    if model.sizes != found:
        raise BrokenArtifact(f"sizes {model.sizes}, its weights have {found}")


def check_rows(name: str, rows: Floats, *, columns: int | None = None) -> None:
    """Check that raw features are float32 (n, columns) and finite; `columns` of None allows any number.

    Raises:
        BrokenArtifact: They are not.
    """
    wanted = f"(rows, {'any' if columns is None else columns})"
    if rows.ndim != 2 or (len(rows) and columns is not None and rows.shape[1] != columns):
        raise BrokenArtifact(f"{name} of shape {rows.shape}, allowed {wanted}")
    if rows.dtype != np.float32 or not np.isfinite(rows).all():
        raise BrokenArtifact(f"{name} of dtype {rows.dtype}, allowed finite float32 {wanted}")


def rows_over_the_range(normaliser: Normaliser) -> Floats:
    """Return raw rows that lead every feature through its whole range, beside different values of the others.

    They depend on the normaliser alone, so every worker tries an artifact on the same rows.

    Returns:
        Rows float32 (4 x 33 + 3, d): each feature at each of its knots, in four orders, and far outside.
    """
    source = normaliser.source[: normaliser.columns]
    features, knots = source.shape
    at = np.arange(knots)[:, None]
    orders = [
        source[np.arange(features), (at + step * np.arange(features)) % knots] for step in range(_STEPS)
    ]
    outside = [np.full((1, features), value) for value in (0.0, -1e12, 1e12)]
    return np.concatenate([*orders, *outside]).astype(np.float32)


def _check_names(features: Sequence[str]) -> None:
    if not features or not all(isinstance(name, str) for name in features):
        raise BrokenArtifact(f"features {features!r}, allowed are one name or more")


def _check_normaliser(normaliser: Normaliser, features: int) -> None:
    source, target, differences = normaliser.source, normaliser.target, normaliser.differences
    if differences.ndim != 2 or differences.shape[1] != 2 or differences.dtype != np.int32:
        raise BrokenArtifact(
            f"normaliser.differences is {differences.dtype} {differences.shape}, allowed int32 (any, 2)"
        )
    if differences.size and not (differences.min() >= 0 and differences.max() < features):
        raise BrokenArtifact(f"normaliser.differences name features beyond the {features} there are")
    knots = source.shape[1] if source.ndim == 2 else 0
    if knots < 2:
        raise BrokenArtifact(f"normaliser.source of shape {source.shape}, allowed (tokens, 2 or more)")
    shape = (features + len(differences), knots)
    _check("normaliser.", {"source": source, "target": target}, {"source": shape, "target": shape})
    _check_ascending("normaliser.source", source)
    _check_ascending("normaliser.target", target)
    reach = source[:, -1].astype(np.float64) - source[:, 0]
    if (abs(source) > _FARTHEST).any() or ((reach > 0) & (reach < 1 / _FARTHEST)).any():
        raise BrokenArtifact(
            f"normaliser.source reaches beyond {_FARTHEST:g}, or over less than {1 / _FARTHEST:g}: "
            "the normaliser's table has no such cell"
        )


def _check_ascending(name: str, values: Floats) -> None:
    if (np.diff(values, axis=1) < 0).any():
        raise BrokenArtifact(f"{name} descends, allowed are ascending values in each row")


def _check(prefix: str, tensors: Tensors, shapes: dict[str, tuple[int, ...]]) -> None:
    try:
        check_tensors(tensors, {name: TensorSpec(shape) for name, shape in shapes.items()})
    except UnfitDetector as error:
        raise BrokenArtifact(f"{prefix}{error}") from error


def _widths(table: Floats, middle: Floats) -> tuple[int, int]:
    """Return the widths of both hidden layers; the full check of the shapes follows."""
    if table.ndim != 3 or middle.ndim != 2 or 0 in (table.shape[2], middle.shape[1]):
        raise BrokenArtifact(f"network of shapes {table.shape} and {middle.shape}, allowed (m, k, h), (h, i)")
    return int(table.shape[2]), int(middle.shape[1])


def _lengths(weights: Tensors, *names: str) -> tuple[int, ...]:
    """Return the first dimension of each weight; 1 where it is missing, which the full check reports."""
    found = [weights[name].shape for name in names if name in weights]
    lengths = [int(shape[0]) if shape else 1 for shape in found]
    return (*lengths, *[1] * (len(names) - len(lengths)))
