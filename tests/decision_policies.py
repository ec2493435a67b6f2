"""Decision policies, and the changes that announce them."""

from __future__ import annotations

from typing import Any

from control.change import Change
from control.entry import Kind
from control.policy_entries import DECISION, DEFINITION, WRITTEN_BY
from rules.policy.definition import Bounds, DecisionPolicy, Segment, policy_to_bytes


def segment(name: str, when: str, review: float | None = None, decline: float | None = None) -> Segment:
    return Segment(name=name, when=when, review_from=review, decline_from=decline)


def policy(
    *segments: Segment, review: float | None = None, decline: float | None = None, **fields: Any
) -> DecisionPolicy:
    """Return a policy; `review` and `decline` are the bounds of all other transactions."""
    return DecisionPolicy(segments, Bounds(review, decline), **fields)


def policy_change(*segments: Segment, identity: str = DECISION, **fields: Any) -> Change:
    """Return the change that announces a policy."""
    parts = {DEFINITION: policy_to_bytes(policy(*segments, **fields))}
    return Change(Kind.POLICY, identity, "ada", "", parts, {WRITTEN_BY: "ada"})
