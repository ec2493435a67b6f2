"""All that scoring depends on at one control offset, immutable: a batch is scored by exactly one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from control.applied import Applied, AppliedByKey, in_force, latest_number
from control.entry import Entry, Kind
from control.errors import ReplayedEntry
from control.loading import LoadedBase, LoadedDetector, load
from control.rules import ALLOWED, RuleTable
from control.scorers import Scorers
from control.shadows import Shadows
from meta.adapters.protocol import Adapter
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.stack import ScoringStack

BEFORE_FIRST = -1
"""The control offset before any entry: nothing is in force and nothing can be scored."""


@dataclass(frozen=True)
class Snapshot:
    """What is in force. `apply` returns the next one and leaves this one as it is.

    Everything follows from the last entry of each key and its offset, and from nothing else. So a worker
    that reads the log after compaction has the same in force as one that read all of it.

    Attributes:
        offset: Control offset of the last entry applied.
        applied: The last entry of every key.
        scorers: What scores, built from `applied`. Rules come by the thousand and building takes
            milliseconds, so `apply` passes on the scorers that an entry does not touch.
        rules: Risk, lists and suppressions of single entities, built from `applied`; passed on likewise.
    """

    offset: int = BEFORE_FIRST
    applied: AppliedByKey = field(default_factory=lambda: MappingProxyType({}))
    scorers: Scorers = field(default_factory=Scorers)
    rules: RuleTable = field(default_factory=lambda: RuleTable.of(()))

    def apply(self, entry: Entry, offset: int) -> Snapshot:
        """Return what is in force once `entry`, read at `offset`, is applied.

        The stack is built here, and not by the first batch that scores under it. A refused entry changes
        nothing.

        Raises:
            ReplayedEntry: A later signing of the same key was applied already.
            MalformedEntry: Its parts cannot be loaded, or do not fit what is in force.
        """
        current = self.applied.get(entry.key)
        if current is not None and entry.sequence <= current.entry.sequence:
            raise ReplayedEntry(
                f"{entry.key.decode()} with sequence {entry.sequence}, in force is {current.entry.sequence}"
            )
        applied = MappingProxyType({**self.applied, entry.key: Applied(entry, offset, load(entry))})
        holds_rules = entry.kind in ALLOWED
        steers = entry.kind is Kind.THRESHOLD and not (entry.parts or (current and current.entry.parts))
        rescored = not (holds_rules or steers) or "base_shift" in entry.values
        return Snapshot(
            offset,
            applied,
            Scorers.of(applied) if rescored else self.scorers,
            _rules(applied) if holds_rules else self.rules,
        )

    def next_sequence(self, key: bytes, now: float) -> int:
        """Return a sequence for a new entry of `key`: `now` in nanoseconds, but above the last one."""
        current = self.applied.get(key)
        return max(int(now * 1e9), current.entry.sequence + 1 if current else 0)

    def in_force(self, kind: Kind) -> dict[str, Applied]:
        """Return the entries of one kind that are not retired, by id, in the order of the ids."""
        return in_force(self.applied, kind)

    def adapter_of(self, detector: Detector) -> Adapter | None:
        """Return what scores a detector; None where the models that it was made with are not in force."""
        return self.scorers.models.adapter_of(detector)

    @property
    def base(self) -> LoadedBase | None:
        """The base announced last."""
        return self.scorers.models.base

    @property
    def networks(self) -> Mapping[str, EvidenceModel]:
        """Networks that adapters read, by content hash, the one announced last at the end."""
        return self.scorers.models.networks

    @property
    def artifacts(self) -> Artifacts | None:
        """What adapters are made around; None without a base."""
        return self.scorers.models.artifacts

    @property
    def base_tails(self) -> Tails | None:
        """The base's tails: those of its latest calibration, else those it was announced with."""
        return self.scorers.base_tails

    @property
    def detectors(self) -> tuple[LoadedDetector, ...]:
        """Detectors that can score, in the order of their ids, which is the order in the stack."""
        return self.scorers.detectors

    @property
    def dormant(self) -> tuple[str, ...]:
        """Ids of detectors that wait for the network or base that they were made with, and do not score."""
        return self.scorers.dormant

    @property
    def stack(self) -> ScoringStack | None:
        """What scores; None before there is a base."""
        return self.scorers.stack

    @property
    def shadows(self) -> Shadows:
        """What scores silently beside the stack."""
        return self.scorers.shadows

    @cached_property
    def threshold(self) -> float | None:
        """Surprise over which a transaction is alerted, joint over base and detectors.

        An entry that changes the stack carries the threshold that fits it, so both are swapped as one.
        """
        return latest_number(self.applied, "threshold")

    @cached_property
    def risk_share(self) -> float:
        """Scale of what confirmed frauds of an entity add to surprise, 0 to 1; 1 before it is calibrated."""
        share = latest_number(self.applied, "risk_share")
        return 1.0 if share is None else share


def _rules(applied: AppliedByKey) -> RuleTable:
    entries = [a for kind in ALLOWED for a in in_force(applied, kind).values()]
    held = (a.loaded for a in sorted(entries, key=lambda a: a.offset))
    return RuleTable.of(rule for rules in held if isinstance(rules, tuple) for rule in rules)
