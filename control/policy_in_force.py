"""The decision policy in force, compiled for what scores, and the proposal that waits."""

from __future__ import annotations

from control.applied import Applied, AppliedByKey, in_force
from control.entry import Kind
from control.named_lists import NamedLists
from control.policy_entries import DECISION, DECISION_KEY, PROPOSAL
from control.rules_in_force import vocabulary_of
from control.scorers import Scorers
from rules.policy.compiled import CompiledPolicy
from rules.policy.definition import ReadPolicy


def policy_of(
    applied: AppliedByKey, scorers: Scorers, lists: NamedLists, before: CompiledPolicy | None
) -> CompiledPolicy | None:
    """Compile the policy in force; None without one. `before` is that of the snapshot before."""
    held = in_force(applied, Kind.POLICY).get(DECISION)
    if held is None or not isinstance(held.loaded, ReadPolicy):
        return None
    return CompiledPolicy.of(held.loaded, vocabulary_of(scorers, lists), before)


def proposal_of(applied: AppliedByKey) -> Applied | None:
    """Return the policy that waits for a second person; None without one.

    A proposal is made for the policy that it would replace: any change of that one ends it.
    """
    proposal = in_force(applied, Kind.POLICY).get(PROPOSAL)
    current = applied.get(DECISION_KEY.encode())
    if proposal is None or (current is not None and current.place > proposal.place):
        return None
    return proposal
