"""A signed entry whose content would harm scoring is refused, and what was in force stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from control.change import Change
from control.entry import Entry, Kind, LoggedEntry
from control.errors import ControlRefused, MalformedEntry
from control.parts import FlaggedTransactions
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.snapshot import Snapshot
from meta.artifacts import past_to_bytes
from meta.tensors import pack, unpack
from tests.small_models import (
    base_change,
    detector_change,
    genuine_rows,
    network_change,
    small_base,
    small_network,
)

NETWORK = small_network()
BASE = base_change(small_base())
BASE = replace(BASE, parts={**BASE.parts, "past": past_to_bytes(genuine_rows(20))})
WIRE = network_change(NETWORK)
DETECTOR = detector_change(NETWORK, "a")
SUPPORT = FlaggedTransactions(("t1", "t2"), genuine_rows(2)).to_bytes()
DETECTOR = replace(DETECTOR, parts={**DETECTOR.parts, "support": SUPPORT})
OF_PART = {"base": "base", "network": "evidence"}


def in_force() -> Snapshot:
    snapshot = Snapshot()
    for offset, change in enumerate((BASE, WIRE, DETECTOR)):
        snapshot = snapshot.apply(change.entry(sequence=offset + 1, time=0.0), offset)
    return snapshot


STANDING = in_force()


def spoiled(change: Change, part: str, tensors: Mapping[str, NDArray[Any]]) -> Entry:
    """Return the change with some tensors of a part replaced, as an entry that is newer than all others."""
    found, header = unpack(change.parts[part], kind=OF_PART.get(part, part))
    parts = {**change.parts, part: pack({**found, **tensors}, header)}
    return replace(change, parts=parts).entry(sequence=99, time=0.0)


def tensors_of(change: Change, part: str) -> dict[str, NDArray[Any]]:
    return unpack(change.parts[part], kind=OF_PART.get(part, part))[0]


def test_a_base_with_a_bias_that_is_no_number_is_refused_and_alerts_go_on() -> None:
    with pytest.raises(MalformedEntry, match=r"network\.head_bias holds values that are not finite"):
        STANDING.apply(spoiled(BASE, "base", {"network.head_bias": np.array([np.nan], np.float32)}), 9)
    assert STANDING.stack is not None
    assert np.isfinite(STANDING.stack.score(genuine_rows(50))[0]).all()


def test_a_base_whose_finite_weights_overflow_is_refused() -> None:
    table = tensors_of(BASE, "base")["network.table"]
    with pytest.raises(MalformedEntry, match="the base gives 135 scores that are not finite"):
        STANDING.apply(spoiled(BASE, "base", {"network.table": np.full_like(table, 3e38)}), 9)


def test_a_normaliser_with_fewer_targets_than_sources_is_refused_before_a_kernel_reads_past_them() -> None:
    target = tensors_of(BASE, "base")["normaliser.target"]
    with pytest.raises(MalformedEntry, match="target is float32"):
        STANDING.apply(spoiled(BASE, "base", {"normaliser.target": target[:, :3]}), 9)


def test_a_network_with_a_narrow_bias_is_refused_before_a_kernel_reads_past_it() -> None:
    with pytest.raises(MalformedEntry, match=r"net\.trunk\.0\.bias is float32 \(2\)"):
        STANDING.apply(spoiled(WIRE, "network", {"net.trunk.0.bias": np.zeros(2, np.float32)}), 9)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1e300, True, "3", None, [3.0]])
def test_a_threshold_that_is_no_surprise_is_refused(value: object) -> None:
    change = Change(Kind.THRESHOLD, "joint", "test", "", {}, {"threshold": value})
    with pytest.raises(MalformedEntry, match=r"threshold is .*, allowed is a number of -24 to 24"):
        STANDING.apply(change.entry(sequence=99, time=0.0), 9)


def test_more_rules_of_one_entity_than_a_batch_should_walk_are_refused() -> None:
    part = rules_to_bytes([Rule("card", "c1", Effect.BOOST, count=1.0)] * 101)
    change = Change(Kind.RISK, "many", "test", "", {RULES: part}, {})
    with pytest.raises(MalformedEntry, match="101 rules of one entity, allowed are 100"):
        STANDING.apply(change.entry(sequence=99, time=0.0), 9)


def test_a_waiting_detector_of_another_shape_does_not_get_a_sound_base_refused() -> None:
    wide = replace(
        DETECTOR,
        parts={**DETECTOR.parts, "support": FlaggedTransactions(("t",), genuine_rows(1, width=5)).to_bytes()},
    )
    waiting = Snapshot().apply(wide.entry(sequence=1, time=0.0), 0).apply(WIRE.entry(sequence=2, time=0.0), 1)
    scoring = waiting.apply(BASE.entry(sequence=3, time=0.0), 2)
    assert scoring.stack is not None
    assert (scoring.detectors, scoring.dormant) == ((), ("a",))


PARTS = [(BASE, "base"), (BASE, "tails"), (BASE, "past"), (WIRE, "network")] + [
    (DETECTOR, part) for part in ("detector", "tails", "support")
]


@st.composite
def damage(draw: st.DrawFn) -> Entry:
    """Return an entry of which one tensor has another shape, dtype or values."""
    change, part = draw(st.sampled_from(PARTS))
    tensors = tensors_of(change, part)
    name = draw(st.sampled_from(sorted(tensors)))
    whole = tensors[name]
    cut = tuple(draw(st.integers(0, length)) for length in whole.shape)
    wrong = {
        "cut": whole[tuple(slice(length) for length in cut)],
        "flat": whole.ravel(),
        "deep": whole[None],
        "none": np.zeros(0, whole.dtype),
        "half": whole.astype(np.float16),
        "integers": whole.astype(np.int64),
        "no number": np.full_like(whole, np.nan) if whole.dtype.kind == "f" else whole - 1_000,
        "infinite": np.full_like(whole, np.inf) if whole.dtype.kind == "f" else whole + 1_000,
        "large": whole * 1_000_000,
        "reversed": whole[..., ::-1],
    }
    return spoiled(change, part, {name: draw(st.sampled_from(list(wrong.values())))})


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(damage())
def test_scores_of_an_entry_with_any_damaged_tensor_stay_finite_or_it_is_refused(entry: Entry) -> None:
    try:
        after = STANDING.apply(entry, 9)
    except MalformedEntry:
        return
    assert after.stack is not None
    assert np.isfinite(after.stack.surprises(genuine_rows(50))).all()


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(damage(), st.sampled_from([BASE, WIRE, DETECTOR])), max_size=6))
def test_entries_folded_at_once_are_refused_as_those_applied_one_by_one(drawn: list[Entry | Change]) -> None:
    entries = [
        replace(one.entry(sequence=0, time=0.0) if isinstance(one, Change) else one, sequence=at + 1)
        for at, one in enumerate(drawn)
    ]
    slow, refused = Snapshot(), []
    for at, entry in enumerate(entries):
        try:
            slow = slow.apply(entry, at)
        except ControlRefused:
            refused.append(at)
    fast = Snapshot().fold([LoggedEntry(entry, at) for at, entry in enumerate(entries)])
    assert [one.logged.offset for one in fast.refused] == refused
    assert (fast.snapshot.threshold, fast.snapshot.dormant) == (slow.threshold, slow.dormant)
    assert dict(fast.snapshot.applied).keys() == dict(slow.applied).keys()
