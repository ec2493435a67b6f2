"""Rules in YAML: what is written is read again, and what is wrong is named."""

from __future__ import annotations

import pytest

from rules.errors import RuleError
from rules.rule_file import MOST_BYTES, read_rule_file, write_rule_file
from tests.written_rules import written

RULES = [
    written(
        "a", 'amount > 500 && category == "electronics"', percent=10, start=1.7e9, note="größer: ja # nein"
    ),
    written("aa", "true", action="add_to_list", to_list="watched", entity="card", lasting="12h"),
    written("b", "true", order=7, mode="shadow", end=1.8e9 + 0.25, owner="ada", zone="Europe/Berlin"),
]


def test_what_is_written_is_read_again() -> None:
    assert sorted(read_rule_file(write_rule_file(RULES)), key=lambda rule: rule.id) == RULES


def test_a_file_by_hand_needs_id_condition_and_action_only() -> None:
    (rule,) = read_rule_file(b"rules:\n- {id: a, condition: amount > 5, action: review}\n")
    assert (rule.definition.mode, rule.definition.percent) == ("shadow", 100.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: [", "cannot be read"),
        ("- 1", "cannot be read"),
        ("rules:\n- {id: a, condition: amount > 5}", "action"),
        ("rules:\n- {id: a, condition: amount > 5, action: review, colour: red}", "colour"),
        ("rules:\n- &x {id: a, condition: 'true', action: review}\n- *x", "aliases"),
        (
            "rules:\n- {id: a, condition: 'true', action: review}\n" * 1
            + "- {id: a, condition: 'true', action: review}",
            "twice",
        ),
        ("rules:\n- {id: a, condition: amount >, action: review}", "rule 'a'"),
        ("rules:\n- {id: a, condition: 'true', action: add_to_list, to_list: w}", "needs the field entity"),
        (
            "rules:\n- {id: a, condition: 'true', action: add_to_list, to_list: w, entity: c, lasting: 7x}",
            "lasting",
        ),
        ("rules:\n- {id: a, condition: 'true', action: review, lasting: 7d}", "belongs to add_to_list"),
        ("rules: !!python/object/apply:os.system ['true']", "cannot be read"),
        ("#" * (MOST_BYTES + 1), "bytes"),
    ],
)
def test_an_unusable_file_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        read_rule_file(text.encode())
