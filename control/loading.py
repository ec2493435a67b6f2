"""The artifacts in an entry, loaded once when it is applied: nothing is parsed between batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from control.entry import Entry, Kind
from control.errors import MalformedEntry
from control.list_entries import is_of_named_list, read_named_list
from control.parts import (
    BASE,
    DETECTOR,
    NETWORK,
    NONE_FLAGGED,
    PAST,
    SUPPORT,
    TAILS,
    TAILS_OF,
    FlaggedTransactions,
    tails_from_bytes,
)
from control.policy_entries import read_policy_entry
from control.rules import Placed, read_rules
from control.written_rules import read_written_rule
from meta.arrays import Floats
from meta.artifacts import past_from_bytes
from meta.base import BaseModel
from meta.calibration import CEILING, Tails
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.soundness import check_base_model, check_evidence, check_rows
from meta.tensors import BrokenArtifact
from rules.definition import WrittenRule
from rules.lists.bucket import Bucket
from rules.lists.definition import ListDefinition
from rules.policy.definition import ReadPolicy

Part = TypeVar("Part")

THRESHOLD, RISK_SHARE, BASE_SHIFT = "threshold", "risk_share", "base_shift"
JOINT_NUMBERS = (THRESHOLD, RISK_SHARE, BASE_SHIFT)
"""Values that an entry of any kind may carry: see the properties of `Snapshot` of these names."""
RANGES = {
    THRESHOLD: (-2 * CEILING, 2 * CEILING),
    "shadow_threshold": (-2 * CEILING, 2 * CEILING),
    "shift": (-CEILING, CEILING),
    BASE_SHIFT: (-CEILING, CEILING),
    RISK_SHARE: (0.0, 1.0),
    "surge": (0.0, 1.0),
    "surge_until": (0.0, 1e12),
    "calibration_rows": (0.0, 1e12),
    "calibration_days": (0.0, 1e6),
    "budget": (1e-9, 1.0),
}
"""Smallest and largest value of each number that code reads from an entry; surprises are 0 to `CEILING`."""


@dataclass(frozen=True)
class LoadedBase:
    """A base and its distribution on genuine traffic.

    Attributes:
        id: Of the entry.
        content_hash: Of the entry that announced it; what is made beside it names this as its parent.
        model: The base.
        tails: Tails of its scores on genuine traffic.
        past: Confirmed frauds of its training, raw features float32 (m, d): detectors must not lose them.
    """

    id: str
    content_hash: str
    model: BaseModel
    tails: Tails
    past: Floats


@dataclass(frozen=True)
class LoadedDetector:
    """A detector as an entry holds it.

    Attributes:
        id: Of the entry.
        episode: The name that the analyst gave.
        detector: Its parameters.
        tails: Tails of its scores on genuine traffic.
        shift: Added to its surprise before the largest is taken.
        support: Flagged transactions that it was adapted to, some of them.
    """

    id: str
    episode: str
    detector: Detector
    tails: Tails
    shift: float
    support: FlaggedTransactions = NONE_FLAGGED


@dataclass(frozen=True)
class LoadedShadow:
    """A detector or base on trial: it scores, and its alerts are kept apart from those that count.

    Attributes:
        scorer: What is on trial.
        threshold: Surprise over which it would alert, shift included.
    """

    scorer: LoadedDetector | LoadedBase
    threshold: float

    @property
    def episode(self) -> str:
        """The name that the analyst gave; empty for a base."""
        return self.scorer.episode if isinstance(self.scorer, LoadedDetector) else ""


@dataclass(frozen=True)
class Calibration:
    """Tails on later traffic than base and detectors were announced with.

    Attributes:
        base: Tails of the base; None leaves those that it was announced with.
        detectors: Tails by detector id. A detector without, or announced later than the calibration, keeps
            its own.
    """

    base: Tails | None
    detectors: Mapping[str, Tails]


Loaded = (
    LoadedBase
    | LoadedDetector
    | LoadedShadow
    | EvidenceModel
    | Calibration
    | WrittenRule
    | ReadPolicy
    | ListDefinition
    | Bucket
    | tuple[Placed, ...]
    | None
)


def load(entry: Entry) -> Loaded:
    """Load what an entry's parts hold.

    Returns:
        What its kind says; None where the entry is retired.

    Raises:
        MalformedEntry: A part or a value is missing, or cannot be read.
    """
    for name in RANGES.keys() & entry.values.keys():
        number(entry, name)
    if entry.retired:
        return None
    match entry.kind:
        case Kind.BASE:
            return _base(entry)
        case Kind.NETWORK:
            return _part(entry, NETWORK, _sound_network)
        case Kind.DETECTOR:
            return _detector(entry)
        case Kind.SHADOW:
            scorer = _base(entry) if BASE in entry.parts else _detector(entry)
            return LoadedShadow(scorer, number(entry, "shadow_threshold"))
        case Kind.THRESHOLD:
            number(entry, THRESHOLD)
            return _calibration(entry)
        case Kind.RISK | Kind.LIST | Kind.SUPPRESSION:
            return read_named_list(entry) if is_of_named_list(entry) else read_rules(entry)
        case Kind.RULE | Kind.POLICY:
            return read_written_rule(entry) if entry.kind is Kind.RULE else read_policy_entry(entry)
    return None


def number(entry: Entry, name: str, default: float | None = None) -> float:
    """Return the number that an entry holds under `name`.

    Raises:
        MalformedEntry: The value is missing without a `default`, is no number, or out of its range.
    """
    value = entry.values.get(name, default)
    low, high = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise MalformedEntry(
            f"{entry.key.decode()}: {name} is {value!r}, allowed is a number of {low:g} to {high:g}"
        )
    return float(value)


def _calibration(entry: Entry) -> Calibration:
    base = _part(entry, TAILS, tails_from_bytes) if TAILS in entry.parts else None
    names = [name for name in entry.parts if name.startswith(TAILS_OF)]
    return Calibration(
        base, {name.removeprefix(TAILS_OF): _part(entry, name, tails_from_bytes) for name in names}
    )


def _base(entry: Entry) -> LoadedBase:
    model, tails = _part(entry, BASE, _sound_base), _part(entry, TAILS, tails_from_bytes)
    past = np.zeros((0, 0), np.float32)
    if PAST in entry.parts:
        past = _part(entry, PAST, lambda data: _sound_past(data, len(model.features)))
    return LoadedBase(entry.id, entry.content_hash, model, tails, past)


def _sound_base(data: bytes) -> BaseModel:
    model = BaseModel.from_bytes(data)
    check_base_model(model)
    return model


def _sound_network(data: bytes) -> EvidenceModel:
    model = EvidenceModel.from_bytes(data)
    check_evidence(model)
    return model


def _sound_past(data: bytes, features: int) -> Floats:
    past = past_from_bytes(data)
    check_rows(PAST, past, columns=features)
    return past


def _sound_support(data: bytes) -> FlaggedTransactions:
    support = FlaggedTransactions.from_bytes(data)
    check_rows(SUPPORT, support.rows)
    if len(support.ids) != len(support.rows):
        raise BrokenArtifact(f"{len(support.ids)} ids for {len(support.rows)} rows")
    return support


def _detector(entry: Entry) -> LoadedDetector:
    return LoadedDetector(
        entry.id,
        str(entry.values.get("episode", entry.id)),
        _part(entry, DETECTOR, Detector.from_bytes),
        _part(entry, TAILS, tails_from_bytes),
        number(entry, "shift", 0.0),
        _part(entry, SUPPORT, _sound_support) if SUPPORT in entry.parts else NONE_FLAGGED,
    )


def _part(entry: Entry, name: str, read: Callable[[bytes], Part]) -> Part:
    """Read a part; every error of numpy and safetensors becomes one refusal."""
    if name not in entry.parts:
        raise MalformedEntry(f"{entry.key.decode()}: no part {name!r}, there are {sorted(entry.parts)}")
    try:
        return read(entry.parts[name])
    except (BrokenArtifact, LookupError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise MalformedEntry(f"{entry.key.decode()}: part {name!r} cannot be loaded: {error}") from error
