"""Thousands of entries start in about a second, and one more costs the same however many are in force."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from control.change import Change
from control.entry import Entry, Kind, LoggedEntry
from control.envelope import seal, unseal
from control.keys import ControlKey
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from tests.small_models import base_change, detector_change, network_change, small_base, small_network

KEY = ControlKey.single("a secret of enough length")
NETWORK = small_network()
ENTITIES = ("card", "merchant")


def risk(identity: str, rules: list[Rule], sequence: int, *, retired: bool = False) -> Entry:
    parts = {} if retired else {RULES: rules_to_bytes(rules)}
    return Change(Kind.RISK, identity, "test", "", parts, {}, retired=retired).entry(
        sequence=sequence, time=0.0
    )


def of_fraud(number: int) -> list[Rule]:
    """Return what a confirmed fraud leaves: its card is boosted, and its merchant, one of 50, watched."""
    card = Rule("card", f"card-{number}", Effect.BOOST, count=1.0)
    return [card, Rule("merchant", f"m{number % 50}", Effect.WATCH, count=1.0)]


def test_six_thousand_risk_entries_are_in_force_within_two_seconds() -> None:
    """About one second on an idle core; the limit is twice that."""
    models = (base_change(small_base()), network_change(NETWORK), detector_change(NETWORK, "a"))
    entries = [change.entry(sequence=1, time=0.0) for change in models]
    entries += [risk(f"e{number}", of_fraud(number), 1) for number in range(6_000)]
    sealed = [(seal(entry, KEY), entry.key) for entry in entries]
    Snapshot().fold([LoggedEntry(entry, at) for at, entry in enumerate(entries[:4])])  # compiles the kernels
    began = time.process_time()
    read = [LoggedEntry(unseal(value, key, KEY), at) for at, (value, key) in enumerate(sealed)]
    snapshot = Snapshot().fold(read).snapshot
    took = time.process_time() - began
    print(f"6,000 risk entries: {took:.2f} s")
    assert (len(snapshot.rules), snapshot.offset) == (6_000, len(entries) - 1)
    assert took < 2.0


def test_one_more_entry_costs_about_as_much_beside_ten_thousand_as_beside_a_hundred() -> None:
    def seconds_each(count: int) -> float:
        held = [LoggedEntry(risk(f"e{number}", of_fraud(number), 1), number) for number in range(count)]
        snapshot = Snapshot().fold(held).snapshot
        further = [risk(f"f{number}", of_fraud(count + number), 1) for number in range(200)]
        began = time.process_time()
        for number, entry in enumerate(further):
            snapshot = snapshot.apply(entry, count + number)
        return (time.process_time() - began) / len(further)

    seconds_each(10)
    few, many = seconds_each(100), seconds_each(10_000)
    print(f"one entry beside 100: {few * 1e6:.0f} us, beside 10,000: {many * 1e6:.0f} us")
    assert many < 10 * few


RULES_OF = st.lists(
    st.builds(
        Rule,
        entity=st.sampled_from(ENTITIES),
        key=st.sampled_from("abc"),
        effect=st.sampled_from([Effect.BOOST, Effect.WATCH, Effect.BLOCK]),
        count=st.floats(0, 3),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from("wxyz"), RULES_OF, st.booleans()), max_size=12))
def test_rules_applied_one_by_one_are_those_of_the_compacted_log(
    drawn: list[tuple[str, list[Rule], bool]],
) -> None:
    entries = [
        LoggedEntry(risk(identity, rules, at + 1, retired=retired), at)
        for at, (identity, rules, retired) in enumerate(drawn)
    ]
    one_by_one = Snapshot()
    for one in entries:
        one_by_one = one_by_one.apply(one.entry, one.offset)
    compacted = {one.entry.key: one for one in entries}
    at_once = Snapshot().fold(sorted(compacted.values(), key=lambda one: one.offset)).snapshot
    keys = [ByteStrings.from_list([key.encode() for key in "abc"])] * 2
    for time_ in (0.0, 1e6):
        assert one_by_one.rules.blocked(time_) == at_once.rules.blocked(time_)
        assert one_by_one.rules.frauds(time_) == at_once.rules.frauds(time_)
    assert list(one_by_one.rules.met_by(ENTITIES, keys)) == list(at_once.rules.met_by(ENTITIES, keys))
    assert dict(one_by_one.rules.watched) == dict(at_once.rules.watched)
    hashes = [keys.hashes for keys in one_by_one.rules.by_entity.values()]
    assert all((np.diff(found.astype(np.float64)) >= 0).all() for found in hashes)
