"""All that scoring depends on at one control offset, immutable: a batch is scored by exactly one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from control.applied import Applied, AppliedByKey, in_force, latest_number
from control.entry import Entry, Kind, LoggedEntry
from control.errors import ControlRefused, MalformedEntry, ReplayedEntry
from control.list_entries import is_bucket
from control.loading import BASE_SHIFT, RISK_SHARE, THRESHOLD, LoadedBase, LoadedDetector, load
from control.named_lists import NamedLists
from control.policy_in_force import policy_of
from control.rule_table import RuleTable
from control.rules import ALLOWED, Placed
from control.rules_in_force import rule_set_of
from control.scorers import Scorers
from control.shadows import Shadows
from meta.adapters.protocol import Adapter
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.stack import ScoringStack
from rules.policy.compiled import CompiledPolicy
from rules.rule_set import RuleSet

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
        lists: Named lists, built from `applied`; a change shares what it does not touch.
        written: Rules that people wrote, compiled for what scores; passed on likewise.
        policy: The decision policy, compiled; None where the threshold alone decides. Passed on likewise.
    """

    offset: int = BEFORE_FIRST
    applied: AppliedByKey = field(default_factory=AppliedByKey)
    scorers: Scorers = field(default_factory=Scorers)
    rules: RuleTable = field(default_factory=RuleTable)
    lists: NamedLists = field(default_factory=NamedLists)
    written: RuleSet = field(default_factory=RuleSet)
    policy: CompiledPolicy | None = None

    def apply(self, entry: Entry, offset: int) -> Snapshot:
        """Return what is in force once `entry`, read at `offset`, is applied.

        The stack is built here, and not by the first batch that scores under it. A refused entry changes
        nothing.

        Raises:
            ReplayedEntry: A later signing of the same key was applied already.
            MalformedEntry: Its parts cannot be loaded, or do not fit what is in force.
        """
        noted = self._noted(entry, offset)
        return noted._built(self, [entry.key])

    def fold(self, logged: Iterable[LoggedEntry]) -> Folded:
        """Apply many entries, and build what scores once after them.

        The outcome is that of `apply` for one entry after another. Where the parts in force after all do not
        fit each other, that slower way finds the entries to refuse.
        """
        logged = list(logged)
        noted, refused, keys = self, list[RefusedEntry](), list[bytes]()
        for one in logged:
            try:
                noted = noted._noted(one.entry, one.offset)
                keys.append(one.entry.key)
            except ControlRefused as refusal:
                refused.append(RefusedEntry(one, refusal))
        try:
            return Folded(noted._built(self, keys), tuple(refused))
        except MalformedEntry:
            return self._one_by_one(logged)

    def _one_by_one(self, logged: Iterable[LoggedEntry]) -> Folded:
        snapshot, refused = self, list[RefusedEntry]()
        for one in logged:
            try:
                snapshot = snapshot.apply(one.entry, one.offset)
            except ControlRefused as refusal:
                refused.append(RefusedEntry(one, refusal))
        return Folded(snapshot, tuple(refused))

    def _noted(self, entry: Entry, offset: int) -> Snapshot:
        """Return a snapshot with the entry among `applied`; scorers and rules are still those of before."""
        current = self.applied.get(entry.key)
        if current is not None and entry.sequence <= current.entry.sequence:
            raise ReplayedEntry(
                f"{entry.key.decode()} with sequence {entry.sequence}, in force is {current.entry.sequence}"
            )
        return replace(self, offset=offset, applied=self.applied.having(Applied(entry, offset, load(entry))))

    def _built(self, before: Snapshot, keys: Sequence[bytes]) -> Snapshot:
        """Return this snapshot with the scorers and rules that follow from its entries.

        Args:
            before: The snapshot that this one's scorers and rules were built for.
            keys: Keys of the entries applied since.
        """
        changed = [(before.applied.get(key), self.applied[key]) for key in dict.fromkeys(keys)]
        newest = keys[0] if len(keys) == 1 else None
        shifted = latest_number(before.applied, BASE_SHIFT) != latest_number(self.applied, BASE_SHIFT)
        rescored = shifted or any(_rescores(old, new) for old, new in changed)
        scorers = Scorers.of(self.applied, newest) if rescored else self.scorers
        of_lists = [new for _, new in changed if new.entry.kind is Kind.LIST]
        lists = self.lists.after(of_lists) if of_lists else self.lists
        renamed = rescored or any(_names_lists(new) for _, new in changed)
        kinds = {new.entry.kind for _, new in changed}
        rewritten, redrawn = renamed or Kind.RULE in kinds, renamed or Kind.POLICY in kinds
        return replace(
            self,
            scorers=scorers,
            rules=self._rules(changed),
            lists=lists,
            written=rule_set_of(self.applied, scorers, lists, self.written) if rewritten else self.written,
            policy=policy_of(self.applied, scorers, lists, self.policy) if redrawn else self.policy,
        )

    def _rules(self, changed: Sequence[tuple[Applied | None, Applied]]) -> RuleTable:
        held = [(old, new) for old, new in changed if new.entry.kind in ALLOWED]
        if len(held) > 1:
            entries = [a for kind in ALLOWED for a in in_force(self.applied, kind).values()]
            return RuleTable.of(rule for a in sorted(entries, key=lambda a: a.place) for rule in _held(a))
        return self.rules.replaced(_held(held[0][0]), _held(held[0][1])) if held else self.rules

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
        return latest_number(self.applied, THRESHOLD)

    @cached_property
    def risk_share(self) -> float:
        """Scale of what confirmed frauds of an entity add to surprise, 0 to 1; 1 before it is calibrated."""
        share = latest_number(self.applied, RISK_SHARE)
        return 1.0 if share is None else share


@dataclass(frozen=True)
class RefusedEntry:
    """A signed entry of the control log that changes nothing, and the reason."""

    logged: LoggedEntry
    refusal: ControlRefused


@dataclass(frozen=True)
class Folded:
    """What is in force after many entries, and those that were refused."""

    snapshot: Snapshot
    refused: tuple[RefusedEntry, ...] = ()


def _rescores(old: Applied | None, new: Applied) -> bool:
    """Return whether scorers must be built again: not for rules, and not for a threshold without tails."""
    entry = new.entry
    holds_rules = entry.kind in ALLOWED or entry.kind in (Kind.RULE, Kind.POLICY)
    steers = entry.kind is Kind.THRESHOLD and not (entry.parts or (old and old.entry.parts))
    return not (holds_rules or steers)


def _names_lists(new: Applied) -> bool:
    """Return whether conditions are bound again: they read the definition of lists, and not their values."""
    return new.entry.kind is Kind.LIST and not is_bucket(new.entry)


def _held(applied: Applied | None) -> tuple[Placed, ...]:
    """Return the rules in force of an entry."""
    return applied.loaded if applied is not None and isinstance(applied.loaded, tuple) else ()
