"""A readable rule from the flags of an episode, and what it finds beside the episode's detector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from console.models.blast_radius import blast_radius, rows_of_columns
from console.models.results import CannotScore, RuleDraft, RuleSuggestion
from contracts.standing_policy import StandingPolicy
from control.rules_in_force import vocabulary_of
from control.snapshot import Snapshot
from rules.actions import Action
from rules.definition import RuleDefinition
from rules.evaluation import Rows
from rules.suggesting import suggest_condition
from rules.vocabulary import Vocabulary
from storage import UnitOfWork
from storage.episodes import SUPPORT, Episode
from storage.labels import FRAUD
from storage.traffic_columns import TrafficColumns, TrafficPart, WantedColumns, read_part, read_verdicts

OTHERS: Final = 50_000
"""Newest transactions that a rule should not match, beside the flags: as many as a reservoir has."""
_ALWAYS: Final = -1e12  # an event time before all others, seconds since 1970
_WANTED: Final = WantedColumns(category=True)


def suggest_rule(
    unit: UnitOfWork,
    snapshot: Snapshot,
    episode: Episode,
    names: Vocabulary,
    policy: StandingPolicy,
    days: float,
) -> RuleSuggestion:
    """Find a condition for the flags of an episode, and evaluate it on stored transactions.

    Args:
        unit: Open unit of work.
        snapshot: What is in force; without a base, `names` are the names that there are.
        episode: The rule separates its flags from the newest traffic.
        names: Names by the settings.
        policy: Its budget is what the alerts are compared with.
        days: Event time of the blast radius, in days.

    Raises:
        CannotScore: Its flags are not stored, or no condition tells them from other transactions.
    """
    in_force = vocabulary_of(snapshot.scorers, snapshot.lists)
    vocabulary = in_force if in_force.features else names
    ids = [part.transaction_id for part in episode.transactions if part.role == SUPPORT]
    places = {(row.source_partition, row.source_offset) for row in unit.transactions.by_ids(ids).values()}
    width = len(vocabulary.features)
    flags = _rows(_at(unit, places, width), {})
    if not len(flags):
        raise CannotScore("no flagged transaction of this episode is stored with the features in force")
    found = suggest_condition(vocabulary, flags, _rows(_others(unit, width), _frauds(unit, places)))
    if not found.condition:
        raise CannotScore("no condition tells the flags from other transactions")
    draft = RuleDraft(RuleDefinition(found.condition, Action.REVIEW), days)
    radius = blast_radius(unit, snapshot, draft, names, policy)
    detector = episode.detector_id or ""
    held, both = next(((one.total, one.both) for one in radius.overlaps if one.name == detector), (0, 0))
    return RuleSuggestion(found, radius, detector, held, both)


def _at(unit: UnitOfWork, places: Iterable[tuple[int, int]], width: int) -> list[TrafficColumns]:
    """Read flags, which SQL keeps."""
    found = list[TrafficColumns]()
    for partition, offset in sorted(places):
        part = TrafficPart(partition, offset, offset)
        found += read_part(unit.session, part, _WANTED, since=_ALWAYS, width=width)
    return found


def _others(unit: UnitOfWork, width: int) -> list[TrafficColumns]:
    """Read the newest transactions, about `OTHERS`."""
    found, rows = list[TrafficColumns](), 0
    for part in unit.past.parts(_ALWAYS):
        for columns in unit.past.read(part, _WANTED, since=_ALWAYS, width=width):
            found.append(columns)
            rows += len(columns)
            if rows >= OTHERS:
                return found
    return found


def _frauds(unit: UnitOfWork, flags: set[tuple[int, int]]) -> dict[int, list[int]]:
    """Return offsets of flags and of known fraud, by partition; they are no genuine traffic."""
    known = read_verdicts(unit.session, _ALWAYS)
    found = {partition: of.offset[of.verdict == FRAUD].tolist() for partition, of in known.items()}
    for partition, offset in flags:
        found.setdefault(partition, []).append(offset)
    return found


def _rows(parts: list[TrafficColumns], apart_from: dict[int, list[int]]) -> Rows:
    """Join parts; only features, time, amount and category are there."""
    kept = [(one, ~np.isin(one.offset, apart_from.get(one.partition, []))) for one in parts if len(one)]
    rows = [(rows_of_columns(one, lambda: np.zeros((0, 0))), keep) for one, keep in kept]
    n, none = sum(int(keep.sum()) for _, keep in kept), np.zeros(0)
    return Rows(
        np.concatenate([one.features[keep] for one, keep in rows]) if rows else np.zeros((0, 0), np.float32),
        np.concatenate([none, *(one.time[keep] for one, keep in rows)]),
        np.concatenate([none, *(one.amount[keep] for one, keep in rows)]),
        np.zeros(n, np.int32),
        np.concatenate([np.zeros(0, np.int32), *(one.category[keep] for one, keep in rows)]),
        {},
        np.zeros(n),
        np.zeros(n),
        lambda: np.zeros((n, 1)),
        np.zeros((n, 0), np.float32),
        np.zeros((n, 0), np.float32),
    )
