"""Compares two detectors or bases."""

from __future__ import annotations

from typing import Any

from console.context import ConsoleContext
from console.results.detectors import DetectorComparison, DetectorSummary, Difference
from console.services.detectors import detectors_by_id

APART = ("gate", "trial", "in_force", "training")
"""Parts of a row that are compared field by field."""
FEATURES = "features"


def compare(context: ConsoleContext, a: str, b: str) -> DetectorComparison:
    """Compare two detectors or bases; earlier bases are included.

    Raises:
        NotFound: one does not exist.
    """
    with context.unit(reads_only=True) as unit:
        first, other = detectors_by_id(context, unit, {"a": a, "b": b})
    return DetectorComparison(first, other, _differences(first, other))


def _differences(a: DetectorSummary, b: DetectorSummary) -> list[Difference]:
    plain = [(name, getattr(a, name), getattr(b, name)) for name in vars(a) if name not in APART]
    gates = _side_by_side(a.gate, b.gate)
    trials = _side_by_side(_fields(a.trial), _fields(b.trial), "trial: ")
    periods = _side_by_side(_period(a), _period(b), "in force: ")
    trainings = _side_by_side(*_trainings(a, b), "training: ")
    every = plain + periods + gates + trials + trainings
    return [Difference(what, of_a, of_b) for what, of_a, of_b in every if of_a != of_b]


def _side_by_side(a: dict[str, Any], b: dict[str, Any], before: str = "") -> list[tuple[str, Any, Any]]:
    return [(before + name, a.get(name), b.get(name)) for name in {**a, **b}]


def _fields(part: object) -> dict[str, Any]:
    return vars(part) if part else {}


def _period(row: DetectorSummary) -> dict[str, Any]:
    """Fields of the period in force, without the rollback offset."""
    return {name: value for name, value in _fields(row.in_force).items() if name != "rollback_offset"}


def _trainings(a: DetectorSummary, b: DetectorSummary) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of both trainings; of the features, only those that the other base does not read."""
    known = dict(_fields(a.training)), dict(_fields(b.training))
    own = [fields.pop(FEATURES, ()) for fields in known]
    if all(own):
        for fields, mine, others in zip(known, own, own[::-1], strict=True):
            fields["features of its own"] = [name for name in mine if name not in others]
    return known
