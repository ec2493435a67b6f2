"""A decision policy is read from JSON and YAML, with errors that name the segment."""

from __future__ import annotations

import msgspec
import pytest

from meta.calibration import CEILING
from rules.errors import RuleError
from rules.policy.definition import (
    MOST_SURPRISE,
    Bounds,
    DecisionPolicy,
    Segment,
    policy_to_bytes,
    read_policy,
    surprise_of,
)
from rules.policy.file import MOST_BYTES, bound_of, read_policy_file, write_policy_file
from tests.decision_policies import policy, segment

FILE = """
segments:
- name: online
  when: card_absent && amount > 500
  review_from: 1%
  decline_from: 4.5
otherwise:
  decline_from: 5
"""


def test_a_file_gives_bounds_as_surprise_or_as_share() -> None:
    read = read_policy_file(FILE.encode())
    assert read.definition == policy(segment("online", "card_absent && amount > 500", 2.0, 4.5), decline=5.0)
    assert [rule.definition.condition for rule in read.conditions] == ["card_absent && amount > 500"]


def test_a_written_file_is_read_as_it_was() -> None:
    one = policy(segment("a", "amount > 1", 2.0), segment("b", "night"), review=3.0, zone="Europe/Zurich")
    assert read_policy_file(write_policy_file(one)).definition == one


def test_a_surprise_cannot_be_over_that_of_any_score() -> None:
    assert MOST_SURPRISE == CEILING
    assert surprise_of(1e-20) == CEILING
    assert surprise_of(1.0) == 0.0


@pytest.mark.parametrize("text", ["0%", "101%", "x", "x%", "nan%", "-1%"])
def test_what_is_neither_surprise_nor_share_is_refused(text: str) -> None:
    with pytest.raises(RuleError, match=r"allowed are a surprise such as 2\.5 and a share"):
        bound_of(text)


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (policy(segment("a", "night"), segment("a", "weekend")), "two segments are named 'a'"),
        (policy(segment("otherwise", "night")), "two segments are named 'otherwise'"),
        (policy(segment("a", "night", 3.0, 2.0)), "segment 'a': declines from surprise 2 and reviews from 3"),
        (policy(review=3.0, decline=2.0), "segment 'otherwise': declines"),
        (policy(segment("a", "amount >")), "segment 'a': amount >\n"),
        (policy(segment("a", "card.id == '4111111111111111'")), "card number"),
        (policy(note="4111 1111 1111 1111"), "card number"),
        (policy(zone="Mars/Olympus"), "Mars/Olympus"),
        (policy(review=-0.1), "cannot be read"),
        (policy(review=12.1), "cannot be read"),
    ],
)
def test_what_is_no_policy_is_refused(one: DecisionPolicy, message: str) -> None:
    with pytest.raises(RuleError, match="(?s)" + message.replace(".", r"\.")):
        read_policy(policy_to_bytes(one))


def test_hostile_files_are_refused() -> None:
    for data in (b"a: &a [*a]", b"segments: {", b"[1]", b"colour: red", b"x" * (MOST_BYTES + 1)):
        with pytest.raises(RuleError, match=r"cannot be read|aliases|bytes, allowed"):
            read_policy_file(data)


def test_a_policy_of_no_segments_leaves_all_to_the_budget() -> None:
    read = read_policy(b"{}").definition
    assert list(read.named()) == [("otherwise", Bounds())]
    assert msgspec.json.decode(policy_to_bytes(read)) == {}
    assert next(iter(policy(segment("a", "night")).named())) == ("a", Segment(name="a", when="night"))
