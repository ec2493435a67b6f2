"""Counts what a decision policy would do with stored transactions, for the console and the CLI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.models.blast_radius import rows_of_columns, truth_of
from console.models.counting import MOST_SECONDS, count_parts
from console.models.results import CannotScore
from contracts.standing_policy import DAY_S, StandingPolicy
from control.rules_in_force import vocabulary_of
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from meta.threshold import first_threshold
from replay.policy_radius import PolicyRadius, PolicyRows, PolicyTally, count_policy, policy_radius_of
from replay.rule_trial import NOT_STORED
from rules.errors import RuleError
from rules.policy.compiled import CompiledPolicy, RowBounds
from rules.policy.definition import DecisionPolicy, ReadPolicy, policy_to_bytes, read_policy
from rules.typed import Field, Frauds, Link, reads
from rules.vocabulary import Vocabulary
from storage import UnitOfWork
from storage.past import Part, PastTraffic
from storage.traffic_columns import TrafficColumns, Verdicts, WantedColumns, read_verdicts

_NO_CARDS = ByteStrings.from_list([])
_OTHERS = ("rule/", "block")
"""How the names of what decides before the policy begin."""


def policy_radius(
    unit: UnitOfWork,
    snapshot: Snapshot,
    tried: DecisionPolicy,
    days: float,
    names: Vocabulary,
    policy: StandingPolicy,
    *,
    seconds: float = MOST_SECONDS,
) -> PolicyRadius:
    """Compare a decision policy with what is in force, on the stored transactions of the last days.

    Args:
        unit: Open unit of work.
        snapshot: What is in force; without a base, `names` are the names that there are.
        tried: The policy.
        days: Days of event time to look back.
        names: Names by the settings.
        policy: Its budget is what the alerts are compared with.
        seconds: Older transactions are left out once this much time is spent.

    Raises:
        CannotScore: Nothing is stored.
        RuleError: A condition cannot be used, or reads what is not stored.
    """
    in_force = vocabulary_of(snapshot.scorers, snapshot.lists)
    vocabulary = in_force if in_force.features else replace(names, lists=in_force.lists)
    compiled = _compiled(read_policy(policy_to_bytes(tried)), vocabulary)
    newest = unit.past.newest_event_time()
    if newest is None:
        raise CannotScore("no transaction is stored; check that `flagfive recorder` writes this database")
    since = newest - days * DAY_S
    threshold = snapshot.threshold
    comparison = Comparison(
        snapshot,
        compiled,
        first_threshold(policy.alert_rate) if threshold is None else threshold,
        read_verdicts(unit.session, since),
        len(vocabulary.entities),
    )
    segments, width = len(compiled.definition.segments) + 1, len(vocabulary.features)

    def add(own: PastTraffic, part: Part, to: PolicyTally) -> None:
        for columns in own.read(part, comparison.wanted, since=since, width=width):
            comparison.add(columns, to)

    results, limited = count_parts(unit.past, since, lambda: PolicyTally(segments), add, seconds=seconds)
    tally = PolicyTally(segments)
    for one in results:
        tally.merge(one)
    found = [name for name, _ in compiled.definition.named()]
    return policy_radius_of(tally, found, policy.alert_rate, policy.alerts_per_day, limited)


def _compiled(tried: ReadPolicy, vocabulary: Vocabulary) -> CompiledPolicy:
    compiled = CompiledPolicy.of(tried, vocabulary, None)
    for name, why in compiled.dormant.items():
        raise RuleError(f"segment {name!r}: {why}")
    if any(reads(tree, "risk") for _, tree in compiled.conditions.bound.values()):
        raise RuleError(NOT_STORED)
    return compiled


@dataclass
class Comparison:
    """Compares stored transactions with what is in force and with a tried policy.

    Attributes:
        snapshot: What is in force.
        tried: The policy.
        threshold: The surprise over which the budget reviews.
        verdicts: Last verdicts by partition.
        entities: Number of kinds of entities.
    """

    snapshot: Snapshot
    tried: CompiledPolicy
    threshold: float
    verdicts: Mapping[int, Verdicts]
    entities: int

    @property
    def wanted(self) -> WantedColumns:
        """What the conditions read."""
        programs = [one.conditions.program for one in (self.tried, self.snapshot.policy) if one]
        kinds = {kind for p in programs for kind in (*p.texts, *(one.entity for one in p.listed))}
        numbers = {one for p in programs for one in p.numbers}
        return WantedColumns(
            tuple(sorted(kinds)),
            True,
            Field("category") in numbers,
            Field("currency") in numbers,
            2 * self.entities if any(isinstance(one, Link | Frauds) for one in numbers) else 0,
        )

    def add(self, columns: TrafficColumns, tally: PolicyTally) -> None:
        """Count stored transactions."""
        tally.left_out += columns.left_out
        if not len(columns):
            return
        rows, lists = rows_of_columns(columns, lambda: self._surprises(columns)), self.snapshot.lists.by_name
        n = len(columns)
        now = RowBounds(np.zeros(n, np.int32), np.full(n, self.threshold), np.full(n, np.inf))
        if self.snapshot.policy is not None:
            now = self.snapshot.policy.bounds(rows, _NO_CARDS, lists, self.threshold)
        stored = PolicyRows(
            columns.event_time,
            columns.amount,
            rows.surprise,
            np.array([(one or "").startswith(_OTHERS) for one in columns.winner], np.bool_),
            columns.decision,
            truth_of(columns, self.verdicts.get(columns.partition)),
        )
        count_policy(stored, now, self.tried.bounds(rows, _NO_CARDS, lists, self.threshold), tally)

    def _surprises(self, columns: TrafficColumns) -> NDArray[np.float64]:
        stack = self.snapshot.stack
        if stack is None:
            return np.zeros((len(columns), 1))
        return stack.surprises(columns.features) + stack.shifts
