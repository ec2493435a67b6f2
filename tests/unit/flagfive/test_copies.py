"""`flagfive doctor` names partitions that lack a copy, the broker, and whether writes still count."""

from __future__ import annotations

import pytest

from flagfive.copies import Copies, CopiesMissing, check_copies


def copies(place: str, leader: int, *in_sync: int) -> Copies:
    return Copies(place, leader, frozenset(in_sync), frozenset({1, 2, 3}))


def test_a_broker_that_is_away_is_named_and_scoring_goes_on() -> None:
    with pytest.raises(CopiesMissing) as raised:
        check_copies([copies("scores/0", 1, 1, 3), copies("scores/1", 3, 1, 2, 3)], at_least=2)
    told = str(raised.value)
    assert "1 of 2 partitions lack a copy in sync, such as scores/0 2 of 3; broker 2 is away" in told
    assert "Scoring goes on" in told


@pytest.mark.parametrize("found", [copies("scores/0", 1, 1), copies("scores/0", -1, 1, 2)])
def test_a_partition_that_takes_no_writes_is_named(found: Copies) -> None:
    with pytest.raises(CopiesMissing, match="1 of them take no writes, such as scores/0"):
        check_copies([found], at_least=2)


def test_one_copy_of_each_is_complete_on_a_single_broker() -> None:
    one = frozenset({1})
    assert (
        check_copies([Copies("scores/0", 1, one, one)], at_least=1)
        == "1 partitions, each with 1 copies in sync"
    )
