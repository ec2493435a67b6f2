"""Rules and lists that name an entity are found, so that who erases it can remove them."""

from __future__ import annotations

from control.naming import rules_and_lists_with
from tests.decision_policies import policy_change, segment
from tests.named_lists import list_changes
from tests.written_rules import fold, rule_change


def test_rules_and_lists_that_name_an_entity_are_found() -> None:
    snapshot = fold(
        rule_change("mine", "amount > 1 && merchant.id in ['m1', 'm2']"),
        rule_change("noted", "amount > 1", note="see m1"),
        policy_change(segment("two", "merchant.id == 'm1'")),
        rule_change("other", "merchant.id == 'm3'"),
        *list_changes("watched", "m1", of="merchant"),
        *list_changes("cards", "m1", of="card"),
        *list_changes("any", "m1"),
    )
    found = rules_and_lists_with(snapshot, "merchant", "m1")
    assert found == ["policy/decision", "rule/mine", "rule/noted", "list/any", "list/watched"]
    assert rules_and_lists_with(snapshot, "merchant", "m9") == []
