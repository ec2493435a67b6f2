"""All that scoring depends on at one control offset, immutable: a batch is scored by exactly one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from control.entry import Entry, Kind
from control.errors import MalformedEntry, ReplayedEntry
from control.loading import (
    Calibration,
    Loaded,
    LoadedBase,
    LoadedDetector,
    LoadedShadow,
    check_base,
    check_detector,
    load,
    number,
)
from control.rules import ALLOWED, RuleTable
from control.shadows import Shadows
from meta.adapters.evidence import Evidence
from meta.adapters.protocol import Adapter
from meta.adapters.registry import UnknownAdapter, adapter
from meta.artifacts import Artifacts, NoArtifacts
from meta.calibration import Tails
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.live import LiveDetector
from meta.stack import ScoringStack

BEFORE_FIRST = -1
"""The control offset before any entry: nothing is in force and nothing can be scored."""


@dataclass(frozen=True)
class Applied:
    """An entry in force, where it was read, and what its parts hold."""

    entry: Entry
    offset: int
    loaded: Loaded


def _nothing() -> Mapping[bytes, Applied]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Snapshot:
    """What is in force. `apply` returns the next one and leaves this one as it is.

    Everything follows from the last entry of each key and its offset, and from nothing else: so a worker
    that reads the log after compaction has the same in force as one that read all of it.
    """

    offset: int = BEFORE_FIRST
    applied: Mapping[bytes, Applied] = field(default_factory=_nothing)

    def apply(self, entry: Entry, offset: int) -> Snapshot:
        """What is in force once `entry`, read at `offset`, is applied.

        Raises ReplayedEntry where a later signing of the same key was applied, MalformedEntry where its
        parts cannot be loaded or do not fit what is in force; both leave everything as it was. The stack
        is built here, and not by the first batch that scores under it.
        """
        current = self.applied.get(entry.key)
        if current is not None and entry.sequence <= current.entry.sequence:
            raise ReplayedEntry(
                f"{entry.key.decode()} with sequence {entry.sequence}, in force is {current.entry.sequence}"
            )
        applied = {**self.applied, entry.key: Applied(entry, offset, load(entry))}
        following = Snapshot(offset, MappingProxyType(applied))
        following._take_over(self, entry)
        following._try_out()
        return following

    def next_sequence(self, key: bytes, now: float) -> int:
        """A sequence for a new entry of `key`: the time in nanoseconds, and always above the last one."""
        current = self.applied.get(key)
        return max(int(now * 1e9), current.entry.sequence + 1 if current else 0)

    def in_force(self, kind: Kind) -> dict[str, Applied]:
        """What is not retired of one kind, by id, in the order of the ids."""
        chosen = (a for a in self.applied.values() if a.entry.kind is kind and not a.entry.retired)
        return {a.entry.id: a for a in sorted(chosen, key=lambda a: a.entry.id)}

    @cached_property
    def base(self) -> LoadedBase | None:
        """The base announced last."""
        bases = sorted(self.in_force(Kind.BASE).values(), key=lambda a: a.offset)
        loaded = bases[-1].loaded if bases else None
        assert loaded is None or isinstance(loaded, LoadedBase)
        return loaded

    @cached_property
    def detectors(self) -> tuple[LoadedDetector, ...]:
        """Detectors that can score, in the order of their ids, which is the order in the stack."""
        return tuple(d for d in self._all_detectors if self.adapter_of(d.detector) is not None)

    @cached_property
    def dormant(self) -> tuple[str, ...]:
        """Ids of detectors whose network is not in force: they wait for it and do not score."""
        return tuple(d.id for d in self._all_detectors if self.adapter_of(d.detector) is None)

    @cached_property
    def threshold(self) -> float | None:
        """Surprise over which a transaction is alerted, joint over base and detectors.

        Whatever changes the stack carries the threshold that fits it, so both are swapped as one.
        """
        return self._latest_number("threshold")

    @cached_property
    def risk_share(self) -> float:
        """Scale of what confirmed frauds of an entity add to surprise, 0 to 1; 1 before it is calibrated."""
        share = self._latest_number("risk_share")
        return 1.0 if share is None else share

    @cached_property
    def base_shift(self) -> float:
        """Shift of the base's surprise."""
        return self._latest_number("base_shift") or 0.0

    @cached_property
    def base_tails(self) -> Tails | None:
        """The base's tails: those of its latest calibration, else those it was announced with."""
        if self.base is None:
            return None
        fitted = [c.base for _, c in self._calibrations if c.base is not None]
        return fitted[-1] if fitted else self.base.tails

    @cached_property
    def stack(self) -> ScoringStack | None:
        """What scores; None before there is a base."""
        if self.base is None or self.base_tails is None:
            return None
        live = [self._live(detector) for detector in self.detectors]
        return ScoringStack(self.base.model, self.base_tails, tuple(live), self.base_shift)

    @cached_property
    def shadows(self) -> Shadows:
        """What scores silently beside the stack."""
        if self.stack is None:
            return Shadows()
        held = (a.loaded for a in self.in_force(Kind.SHADOW).values())
        return Shadows.of((s for s in held if isinstance(s, LoadedShadow)), self.stack, self.adapter_of)

    @cached_property
    def rules(self) -> RuleTable:
        """What is known of single entities: risk, lists, suppressions."""
        entries = [a for kind in ALLOWED for a in self.in_force(kind).values()]
        held = (a.loaded for a in sorted(entries, key=lambda a: a.offset))
        return RuleTable.of(rule for rules in held if isinstance(rules, tuple) for rule in rules)

    @cached_property
    def artifacts(self) -> Artifacts | None:
        """What adapters are made from: base and networks announced last; None where one is missing."""
        newest = {network.aware: network for network in self.networks.values()}
        if self.base is None or False not in newest:
            return None
        return Artifacts(self.base.model, newest[False], newest.get(True))

    @cached_property
    def networks(self) -> dict[str, EvidenceModel]:
        """Networks that adapters read, by content hash, the one announced last at the end."""
        loaded = [a.loaded for a in sorted(self.in_force(Kind.NETWORK).values(), key=lambda a: a.offset)]
        return {n.content_hash: n for n in loaded if isinstance(n, EvidenceModel)}

    def adapter_of(self, detector: Detector) -> Adapter | None:
        """What scores a detector; None where the network or base that it was made with is not in force."""
        made_with = detector.network
        if made_with in self.networks:
            return Evidence(self.networks[made_with])
        if self.artifacts is None or made_with not in ("", self.artifacts.base.content_hash):
            return None
        try:
            return adapter(detector.adapter, self.artifacts)
        except (UnknownAdapter, NoArtifacts):
            return None

    @cached_property
    def _all_detectors(self) -> tuple[LoadedDetector, ...]:
        loaded = [a.loaded for a in self.in_force(Kind.DETECTOR).values()]
        return tuple(d for d in loaded if isinstance(d, LoadedDetector))

    def _take_over(self, before: Snapshot, entry: Entry) -> None:
        """Keep what `entry` does not touch: rules come by the thousand, a stack is milliseconds of work."""
        if entry.kind not in ALLOWED:
            kept: tuple[str, ...] = ("rules",)
        elif "base_shift" in entry.values:
            kept = ()
        else:
            kept = ("base", "detectors", "dormant", "base_tails", "stack", "artifacts", "networks", "shadows")
        self.__dict__.update({name: getattr(before, name) for name in kept})

    def _try_out(self) -> None:
        """Score one row, so that parts which do not fit each other never meet a transaction."""
        assert self.rules is not None  # built now, and not by the first batch
        if self.base is None or self.stack is None:
            return
        check_base(self.base)
        for loaded, live in zip(self.detectors, self.stack.detectors, strict=True):
            check_detector(loaded, live.adapter, self.base)
        try:
            self.stack.score(np.zeros((1, len(self.base.model.features)), np.float32))
            self.shadows.check(self.base)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise MalformedEntry(f"the parts in force do not fit each other: {error}") from error

    def _live(self, loaded: LoadedDetector) -> LiveDetector:
        scorer = self.adapter_of(loaded.detector)
        assert scorer is not None  # `detectors` holds no others
        announced = self.applied[f"{Kind.DETECTOR}/{loaded.id}".encode()].offset
        later = [
            c.detectors[loaded.id]
            for at, c in self._calibrations
            if at > announced and loaded.id in c.detectors
        ]
        return LiveDetector(loaded.detector, scorer, later[-1] if later else loaded.tails, loaded.shift)

    @cached_property
    def _calibrations(self) -> list[tuple[int, Calibration]]:
        """Calibrations of the base in force with their offsets, the latest at the end."""
        parent = self.base.content_hash if self.base else None
        mine = [a for a in self.in_force(Kind.THRESHOLD).values() if a.entry.parent == parent]
        loaded = [(a.offset, a.loaded) for a in sorted(mine, key=lambda a: a.offset)]
        return [(offset, c) for offset, c in loaded if isinstance(c, Calibration)]

    def _latest_number(self, name: str) -> float | None:
        holders = [a for a in self.applied.values() if name in a.entry.values and _counts(a.entry)]
        return number(max(holders, key=lambda a: a.offset).entry, name) if holders else None


def _counts(entry: Entry) -> bool:
    # A retired detector still says which threshold fits what is left; a retired threshold says nothing.
    return not (entry.retired and entry.kind is Kind.THRESHOLD)
