"""Runs in the model process: works one request at a time on data from the database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sqlalchemy import Engine

from console.models.blast_radius import blast_radius
from console.models.look_back import look_back
from console.models.papers import evidence_of, inventory_of
from console.models.policy_radius import policy_radius
from console.models.results import AlternativeTerms, CannotScore, DraftMatches, RuleDraft, RuleSuggestion
from console.models.rule_suggestion import suggest_rule
from console.models.what_if import Tell, answer
from console.results.inventory import InventoryList
from console.results.transactions import PartScore
from console.results.what_if import WhatIf
from contracts.answer import Draft
from contracts.standing_policy import StandingPolicy
from control.history import snapshot_of
from control.keys import ControlKey
from control.snapshot import BEFORE_FIRST, Snapshot
from replay.blast_radius import BlastRadius
from replay.policy_radius import PolicyRadius
from rules.policy.definition import DecisionPolicy
from rules.vocabulary import Vocabulary
from storage import UnitOfWork, open_engine
from storage.audit_keys import AuditKeys
from storage.detectors import DetectorRow
from storage.history_location import HistoryLocation
from storage.labels import GENUINE

MOST = 10_000
"""Maximum number of matches kept: more than any detector in budget has in a month."""


@dataclass(frozen=True)
class Tools:
    """Tools of every request."""

    engine: Engine
    key: ControlKey
    tell: Tell


_tools: Tools | None = None


def start(
    url: str,
    keys: tuple[str, ...],
    audit_keys: AuditKeys | None,
    history: HistoryLocation | None,
    tell: Tell,
) -> None:
    """Initialise the process; long requests report their stage through `tell`."""
    global _tools
    _tools = Tools(open_engine(url, audit_keys, history), ControlKey.verifying(keys), tell)


def look_back_with(draft: Draft, days: float) -> DraftMatches:
    """Find stored transactions that the draft would have alerted. Raises CannotScore."""
    row = DetectorRow(
        id="the draft", payload=draft.detector, threshold=draft.threshold, gate={"shift": draft.shift}
    )
    with _reading() as unit:
        found = look_back(unit, _snapshot(unit), row, days=days, most=MOST)
    return DraftMatches(
        found.days,
        found.scanned,
        found.total,
        found.alerted,
        found.fraud,
        found.genuine,
        sum(match.amount for match in found.best if match.verdict == GENUINE),
        tuple(match.transaction_id for match in found.best),
    )


def what_if(change: AlternativeTerms) -> WhatIf:
    """Score stored transactions under other terms. Raises CannotScore."""
    assert _tools is not None  # `start` came first
    with _reading() as unit:
        return answer(unit, _snapshot(unit), change, _tools.tell)


def blast_radius_of(draft: RuleDraft, names: Vocabulary, policy: StandingPolicy) -> BlastRadius:
    """Evaluate a rule on stored transactions. Raises RuleError and CannotScore."""
    with _reading() as unit:
        return blast_radius(unit, _snapshot(unit), draft, names, policy)


def policy_radius_of(
    tried: DecisionPolicy, days: float, names: Vocabulary, policy: StandingPolicy
) -> PolicyRadius:
    """Compare a decision policy with what is in force. Raises RuleError and CannotScore."""
    with _reading() as unit:
        return policy_radius(unit, _snapshot(unit), tried, days, names, policy)


def rule_suggestion(
    episode_id: str, names: Vocabulary, policy: StandingPolicy, days: float
) -> RuleSuggestion:
    """Find a rule from the flags of an episode. Raises CannotScore."""
    with _reading() as unit:
        episode = unit.episodes.get(episode_id)
        if episode is None:
            raise CannotScore(f"no episode {episode_id!r}")
        return suggest_rule(unit, _snapshot(unit), episode, names, policy, days)


def parts_of(partition: int, offset: int) -> list[PartScore]:
    """Recompute the score of each scorer, as in force at that time. Raises CannotScore."""
    with _reading() as unit:
        stored = unit.past.at([(partition, offset)]).get((partition, offset))
        if stored is None:
            raise CannotScore("the transaction is no longer stored")
        snapshot = _snapshot(unit, stored.control_offset)
    stack = snapshot.stack
    if stack is None or len(stored.features) != 4 * len(stack.base.features):
        raise CannotScore("the base and detectors that scored it are not recorded")
    row = np.frombuffer(stored.features, "<f4").astype(np.float32)[None]
    surprises = stack.surprises(row)[0].tolist()
    names = [("base", ""), *((detector.id, detector.episode) for detector in snapshot.detectors)]
    return [
        PartScore(scorer, episode, surprise, float(shift), snapshot.threshold)
        for (scorer, episode), surprise, shift in zip(names, surprises, stack.shifts, strict=True)
    ]


def evidence_about(policy: StandingPolicy, subject: str, made_by: str, now: float) -> bytes:
    """Return the evidence document of a subject as JSON. Raises NotFound and AuditLogBroken."""
    assert _tools is not None  # `start` came first
    with _reading() as unit:
        return evidence_of(unit, _tools.key, policy, subject, made_by, now)


def inventory_now(policy: StandingPolicy, now: float) -> InventoryList:
    """Return every model in force or on trial."""
    assert _tools is not None  # `start` came first
    with _reading() as unit:
        return inventory_of(unit, _tools.key, policy, now)


def _reading() -> UnitOfWork:
    assert _tools is not None  # `start` came first
    return UnitOfWork(_tools.engine, reads_only=True)


def _snapshot(unit: UnitOfWork, control_offset: int | None = None) -> Snapshot:
    """The snapshot at a control offset, by default the newest."""
    newest = unit.control.newest_offset()
    return _snapshot_at(newest if control_offset is None else min(control_offset, newest))


@lru_cache(maxsize=4)
def _snapshot_at(control_offset: int) -> Snapshot:
    if control_offset <= BEFORE_FIRST:
        return Snapshot()
    assert _tools is not None
    with _reading() as unit:
        return snapshot_of(unit.control.up_to(control_offset), _tools.key)
