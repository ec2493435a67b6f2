"""Counts what a rule would have matched in stored transactions, for the console and the CLI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from console.models.counting import MOST_SECONDS, count_parts
from console.models.results import CannotScore, RuleDraft
from contracts.standing_policy import StandingPolicy
from control.rules_in_force import vocabulary_of
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from features.columns import NO_CURRENCY, currency_code
from features.links import split_links
from replay.blast_radius import BlastRadius, PastRows, Tally, count, radius_of
from replay.rule_trial import RuleTrial
from replay.truth import FRAUD as IS_FRAUD
from replay.truth import GENUINE as IS_GENUINE
from replay.truth import UNKNOWN
from rules.evaluation import Rows
from rules.typed import Field, Frauds, Link
from rules.vocabulary import Vocabulary
from storage import UnitOfWork
from storage.labels import FRAUD
from storage.past import Part, PastTraffic
from storage.traffic_columns import TrafficColumns, Verdicts, WantedColumns, read_verdicts

DAY_S: Final = 86_400.0


def blast_radius(
    unit: UnitOfWork,
    snapshot: Snapshot,
    draft: RuleDraft,
    names: Vocabulary,
    policy: StandingPolicy,
    *,
    seconds: float = MOST_SECONDS,
) -> BlastRadius:
    """Evaluate a rule on the stored transactions of the last days.

    Surprises of single scorers are computed again, with what is in force now.

    Args:
        unit: Open unit of work.
        snapshot: What is in force; without a base, `names` are the names that there are.
        draft: The rule, and how far to look back.
        names: Names by the settings.
        policy: Its budget is what the alerts are compared with.
        seconds: Older transactions are left out once this much time is spent.

    Raises:
        CannotScore: Nothing is stored.
        RuleError: The condition cannot be used, or reads what is not stored.
    """
    in_force = vocabulary_of(snapshot.scorers, snapshot.lists)
    vocabulary = in_force if in_force.features else replace(names, lists=in_force.lists)
    trial = RuleTrial.of(
        draft.definition, vocabulary, snapshot.written.evaluated, draft.apart_from, snapshot.threshold
    )
    newest = unit.past.newest_event_time()
    if newest is None:
        raise CannotScore("no transaction is stored; check that `flagfive recorder` writes this database")
    since = newest - draft.days * DAY_S
    reading = Reading(unit.past, snapshot, trial, vocabulary, since, read_verdicts(unit.session, since))
    results, limited = count_parts(
        unit.past,
        since,
        Tally,
        lambda own, part, to: replace(reading, past=own).add(part, to),
        seconds=seconds,
    )
    tally = Tally()
    for one in results:
        tally.merge(one)
    return radius_of(trial, tally, policy.alert_rate, policy.alerts_per_day, limited)


@dataclass
class Reading:
    """Reads stored transactions as rules see them, and counts them.

    Attributes:
        past: Where they are.
        snapshot: What is in force.
        trial: What is evaluated.
        vocabulary: The names that there are.
        since: Lowest event time, seconds since 1970.
        verdicts: Last verdicts by partition.
    """

    past: PastTraffic
    snapshot: Snapshot
    trial: RuleTrial
    vocabulary: Vocabulary
    since: float
    verdicts: Mapping[int, Verdicts]

    def add(self, part: Part, tally: Tally) -> None:
        """Count the transactions of a part."""
        width = len(self.vocabulary.features)
        for columns in self.past.read(part, self.wanted, since=self.since, width=width):
            tally.left_out += columns.left_out
            if len(columns):
                tally.merge(count(self.trial, self._past(columns), self.snapshot.lists.by_name))

    @property
    def wanted(self) -> WantedColumns:
        """What the rules read."""
        program = self.trial.program
        by_card = self.vocabulary.entities[:1] if self.trial.gates.by_card else ()
        kinds = {*program.texts, *(one.entity for one in program.listed), *by_card}
        links = any(isinstance(one, Link | Frauds) for one in program.numbers)
        return WantedColumns(
            tuple(sorted(kinds)),
            bool(self.trial.shift) or Field("surprise") in program.numbers,
            Field("category") in program.numbers,
            Field("currency") in program.numbers,
            2 * len(self.vocabulary.entities) if links else 0,
        )

    def _past(self, columns: TrafficColumns) -> PastRows:
        rows = rows_of_columns(columns, self._surprises(columns.features))
        return PastRows(
            rows,
            rows.keys.get(self.vocabulary.entities[0]) if self.trial.gates.by_card else None,
            columns.partition,
            columns.offset,
            columns.decision,
            columns.winner,
            truth_of(columns, self.verdicts.get(columns.partition)),
        )

    def _surprises(self, features: NDArray[np.float32]) -> Callable[[], NDArray[np.float64]]:
        stack = self.snapshot.stack
        if stack is None:
            return lambda: np.zeros((len(features), 1))
        return lambda: stack.surprises(features) + stack.shifts


def rows_of_columns(columns: TrafficColumns, surprises: Callable[[], NDArray[np.float64]]) -> Rows:
    """Return stored transactions as rules see them; what was not read is absent, and risk is 0."""
    n = len(columns)
    keys = {kind: ByteStrings.from_arrow(keys.cast(pa.large_string())) for kind, keys in columns.keys.items()}
    return Rows(
        columns.features,
        columns.event_time,
        columns.amount,
        np.zeros(n, np.int32) if columns.currency is None else _currencies(columns.currency),
        np.full(n, -1, np.int32) if columns.category is None else columns.category,
        keys,
        np.zeros(n) if columns.surprise is None else columns.surprise,
        np.zeros(n),
        surprises,
        *split_links(np.zeros((n, 0), np.float32) if columns.links is None else columns.links),
    )


def _currencies(texts: Sequence[str | None]) -> NDArray[np.int32]:
    codes = {text: currency_code(text) if text else NO_CURRENCY for text in set(texts)}
    return np.array([codes[text] for text in texts], np.int32)


def truth_of(columns: TrafficColumns, known: Verdicts | None) -> NDArray[np.int8]:
    """Return the last verdict on each transaction, `known` of its partition: FRAUD, GENUINE or UNKNOWN."""
    truth = np.full(len(columns), UNKNOWN, np.int8)
    if known is None:
        return truth
    place = np.minimum(np.searchsorted(known.offset, columns.offset), len(known.offset) - 1)
    judged = known.offset[place] == columns.offset
    truth[judged] = np.where(known.verdict[place[judged]] == FRAUD, IS_FRAUD, IS_GENUINE)
    return truth
