"""An entry that is signed again keeps its place in the order of changes, so nothing in force changes."""

from __future__ import annotations

from dataclasses import replace

from control.change import Change
from control.entry import Kind
from control.snapshot import Snapshot
from tests.small_models import base_change, small_base

BASE = base_change(small_base(), threshold=3.0).entry(sequence=1, time=1.0)
FITTED = Change(Kind.THRESHOLD, "joint", "ada", "fitted", {}, {"threshold": 3.7}).entry(sequence=1, time=2.0)


def in_force() -> Snapshot:
    return Snapshot().apply(BASE, 0).apply(FITTED, 1)


def test_a_base_that_is_signed_again_does_not_bring_its_threshold_back() -> None:
    again = replace(BASE, sequence=2, place=0)
    assert in_force().apply(again, 2).threshold == 3.7
    assert Snapshot().apply(FITTED, 1).apply(again, 2).threshold == 3.7  # after compaction
    announced = replace(BASE, sequence=2)
    assert in_force().apply(announced, 2).threshold == 3.0


def test_the_holder_of_a_number_can_be_signed_again() -> None:
    again = replace(FITTED, sequence=2, place=1)
    snapshot = in_force().apply(again, 5)
    assert snapshot.threshold == 3.7
    later = replace(BASE, sequence=3)
    assert snapshot.apply(later, 6).threshold == 3.0


def test_a_place_of_a_log_that_was_lost_counts_as_the_offset() -> None:
    restored = Snapshot().apply(replace(BASE, sequence=2, place=500), 0)
    assert restored.apply(FITTED, 1).threshold == 3.7
