"""An alert names what raised it in place of the budget's threshold."""

from __future__ import annotations

from control.change import Change
from tests.decision_policies import policy_change, segment
from tests.unit.control.test_written_actions import alerts_of, raising
from tests.written_rules import rule_change


def causes(*changes: Change, threshold: float) -> dict[float, str]:
    """Return the cause of each alert, by its amount."""
    return {one.amount: one.cause for one in alerts_of(*changes, threshold=threshold)}


def test_what_the_threshold_raises_has_no_cause_and_keeps_none_under_a_policy_that_follows_it() -> None:
    assert set(causes(threshold=-1.0).values()) == {""}
    declining = policy_change(segment("large", "amount > 20", None, 0.0))
    assert set(causes(declining, threshold=-1.0).values()) == {""}


def test_a_rule_that_decides_is_the_cause_also_over_the_threshold() -> None:
    found = causes(rule_change("big", "amount > 30"), threshold=-1.0)
    assert {cause for amount, cause in found.items() if amount > 30} == {"rule/big"}
    assert {cause for amount, cause in found.items() if amount <= 30} == {""}


def test_a_segment_is_the_cause_where_it_has_a_bound_of_its_own() -> None:
    found = causes(policy_change(segment("large", "amount > 20", 0.0)), threshold=20.0)
    assert len(found) == sum(amount > 20 for amount in found) > 0
    assert set(found.values()) == {"segment/large"}
    rest = causes(policy_change(review=0.0), threshold=20.0)
    assert set(rest.values()) == {"segment/otherwise"}


def test_a_rule_that_raises_is_the_cause_only_of_what_it_lifts_over_the_bound() -> None:
    lifted = causes(raising("up", "amount > 20", 3.0), threshold=2.9)
    assert {cause for amount, cause in lifted.items() if amount > 20} == {"rule/up"}
    over_anyway = causes(raising("up", "amount > 20", 3.0), threshold=-1.0)
    assert set(over_anyway.values()) == {""}
