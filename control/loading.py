"""The artifacts in an entry, loaded once when it is applied: nothing is parsed between batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from control.entry import Entry, Kind
from control.errors import MalformedEntry
from control.rules import Placed, read_rules
from meta.adapters.evidence import Evidence
from meta.adapters.finetune import Finetune
from meta.adapters.logistic import Logistic
from meta.adapters.protocol import Adapter
from meta.adapters.ridge import Ridge
from meta.arrays import Floats
from meta.artifacts import past_from_bytes
from meta.base import BaseModel
from meta.calibration import Tails
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.kernels import KNOTS
from meta.tensors import BrokenArtifact, pack, unpack

Part = TypeVar("Part")

BASE, DETECTOR, NETWORK, PAST = "base", "detector", "network", "past"
SUPPORT, TAILS = "support", "tails"
"""Names of the parts."""
TAILS_OF = "tails of "
"""Begins the names of a calibration's parts, before a detector's id."""


@dataclass(frozen=True)
class LoadedBase:
    """The base in force and its distribution on genuine traffic."""

    id: str
    content_hash: str
    """Of the entry that announced it; what is made beside it names this as its parent."""
    model: BaseModel
    tails: Tails
    past: Floats
    """Confirmed frauds of its training, raw features float32 (m, d): what a detector must not cost it."""


@dataclass(frozen=True)
class Flags:
    """Transactions that a detector was adapted to: ids, and raw features float32 (k, d)."""

    ids: tuple[str, ...]
    rows: Floats

    def to_bytes(self) -> bytes:
        """As the part of an entry."""
        return pack({SUPPORT: self.rows}, {"kind": SUPPORT, "ids": list(self.ids)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Flags:
        """The inverse of `to_bytes`. Raises BrokenArtifact."""
        tensors, header = unpack(data, kind=SUPPORT)
        return cls(tuple(str(identity) for identity in header["ids"]), tensors[SUPPORT])


NO_FLAGS = Flags((), np.zeros((0, 0), np.float32))


@dataclass(frozen=True)
class LoadedDetector:
    """A detector in force; `shift` moves its surprise before the largest is taken."""

    id: str
    episode: str
    """The name that the analyst gave."""
    detector: Detector
    tails: Tails
    shift: float
    support: Flags = NO_FLAGS


@dataclass(frozen=True)
class LoadedShadow:
    """A detector or base on trial: it scores, and what it would have alerted is told apart."""

    scorer: LoadedDetector | LoadedBase
    threshold: float
    """As surprise, shift included."""

    @property
    def episode(self) -> str:
        """The name that the analyst gave; empty for a base."""
        return self.scorer.episode if isinstance(self.scorer, LoadedDetector) else ""


@dataclass(frozen=True)
class Calibration:
    """Tails on later traffic than base and detectors were announced with; None and missing leave theirs."""

    base: Tails | None
    detectors: Mapping[str, Tails]
    """By id; one that was announced later than the calibration keeps its own."""


Loaded = LoadedBase | LoadedDetector | LoadedShadow | EvidenceModel | Calibration | tuple[Placed, ...] | None


def load(entry: Entry) -> Loaded:
    """What the entry's parts hold; None where its kind has none. Raises MalformedEntry."""
    if entry.retired:
        return None
    match entry.kind:
        case Kind.BASE:
            return _base(entry)
        case Kind.NETWORK:
            return _part(entry, NETWORK, EvidenceModel.from_bytes)
        case Kind.DETECTOR:
            return _detector(entry)
        case Kind.SHADOW:
            scorer = _base(entry) if BASE in entry.parts else _detector(entry)
            return LoadedShadow(scorer, number(entry, "shadow_threshold"))
        case Kind.THRESHOLD:
            number(entry, "threshold")
            return _calibration(entry)
        case Kind.RISK | Kind.LIST | Kind.SUPPRESSION:
            return read_rules(entry)
    return None


def check_base(loaded: LoadedBase, *, features: Sequence[str] | None = None) -> None:
    """Raise MalformedEntry unless normaliser and first layer are as wide as the features, and its curves fit.

    The kernels do not check bounds, so a table that is too small would be read past its end. With `features`,
    the base must read just these.
    """
    _check_shapes(loaded)
    if features is not None and tuple(features) != tuple(loaded.model.features):
        raise MalformedEntry(f"base {loaded.id}: reads other features than the base in force")


def check_detector(loaded: LoadedDetector, adapter: Adapter, base: LoadedBase) -> None:
    """Raise MalformedEntry unless the detector's tensors have the shapes that its adapter reads."""
    support, features = loaded.support, len(base.model.features)
    if len(support.ids) and support.rows.shape != (len(support.ids), features):
        raise MalformedEntry(
            f"detector {loaded.id}: support {support.rows.shape}, allowed {(len(support.ids), features)}"
        )
    for name, shape in _shapes(adapter, base).items():
        tensor = loaded.detector.tensors.get(name)
        if tensor is None or tensor.shape != shape or tensor.dtype != np.float32:
            found = None if tensor is None else f"{tensor.dtype} {tensor.shape}"
            raise MalformedEntry(f"detector {loaded.id}: {name} is {found}, allowed is float32 {shape}")


def _check_shapes(loaded: LoadedBase) -> None:
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


def _shapes(adapter: Adapter, base: LoadedBase) -> dict[str, tuple[int, ...]]:
    if isinstance(adapter, Evidence):
        model = adapter.model
        tokens = model.normaliser.tokens + int(model.aware) + model.sizes["learned"]
        return {"table": (tokens, KNOTS), "bias": (1,)}
    if isinstance(adapter, Finetune):
        return {name: tensor.shape for name, tensor in base.model.network.tensors().items()}
    if isinstance(adapter, Ridge | Logistic):
        return {"weight": (base.model.normaliser.tokens, 1), "bias": (1,)}
    return {}  # adapters of several parts check themselves when the stack scores its first row


def tails_to_bytes(tails: Tails) -> bytes:
    """Tails as the part of an entry."""
    return pack(tails.tensors(), {"kind": TAILS})


def tails_from_bytes(data: bytes) -> Tails:
    """The inverse of `tails_to_bytes`. Raises BrokenArtifact."""
    return Tails.from_tensors(unpack(data, kind=TAILS)[0])


def number(entry: Entry, name: str, default: float | None = None) -> float:
    """The number that an entry holds under `name`. Raises MalformedEntry where it is missing or none."""
    value = entry.values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedEntry(f"{entry.key.decode()}: {name} is {value!r}, allowed is a number")
    return float(value)


def calibration_parts(base: Tails, detectors: Mapping[str, Tails]) -> dict[str, bytes]:
    """A calibration as the parts of an entry."""
    own = {TAILS_OF + identity: tails_to_bytes(tails) for identity, tails in detectors.items()}
    return {TAILS: tails_to_bytes(base), **own}


def _calibration(entry: Entry) -> Calibration:
    base = _part(entry, TAILS, tails_from_bytes) if TAILS in entry.parts else None
    names = [name for name in entry.parts if name.startswith(TAILS_OF)]
    return Calibration(
        base, {name.removeprefix(TAILS_OF): _part(entry, name, tails_from_bytes) for name in names}
    )


def _base(entry: Entry) -> LoadedBase:
    model, tails = _part(entry, BASE, BaseModel.from_bytes), _part(entry, TAILS, tails_from_bytes)
    past = _part(entry, PAST, past_from_bytes) if PAST in entry.parts else np.zeros((0, 0), np.float32)
    return LoadedBase(entry.id, entry.content_hash, model, tails, past)


def _detector(entry: Entry) -> LoadedDetector:
    return LoadedDetector(
        entry.id,
        str(entry.values.get("episode", entry.id)),
        _part(entry, DETECTOR, Detector.from_bytes),
        _part(entry, TAILS, tails_from_bytes),
        number(entry, "shift", 0.0),
        _part(entry, SUPPORT, Flags.from_bytes) if SUPPORT in entry.parts else NO_FLAGS,
    )


def _part(entry: Entry, name: str, read: Callable[[bytes], Part]) -> Part:
    """Read a part; artifacts' readers raise what numpy and safetensors raise, here all of it one refusal."""
    if name not in entry.parts:
        raise MalformedEntry(f"{entry.key.decode()}: no part {name!r}, there are {sorted(entry.parts)}")
    try:
        return read(entry.parts[name])
    except (BrokenArtifact, KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
        raise MalformedEntry(f"{entry.key.decode()}: part {name!r} cannot be loaded: {error}") from error
