"""Entries fold into a snapshot: swaps, retirements, replays, and equality after compaction."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control.change import Change
from control.entry import Entry, Kind
from control.errors import MalformedEntry, ReplayedEntry
from control.parts import tails_to_bytes
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.snapshot import Snapshot
from meta.adapters.registry import adapter
from meta.arrays import Tensors
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.detector import Detector
from meta.support import Support, with_surprise
from meta.tensors import pack
from tests.small_models import (
    base_change,
    detector_change,
    genuine_rows,
    network_change,
    retirement,
    small_base,
    small_network,
)

NETWORK = small_network()
BASE, WIRE = base_change(small_base()), network_change(NETWORK)
DETECTORS = {name: detector_change(NETWORK, name, seed=i, threshold=4.0 + i) for i, name in enumerate("abc")}


def fold(*changes: Change, start: Snapshot | None = None, first_offset: int = 0) -> Snapshot:
    snapshot = start or Snapshot()
    for offset, change in enumerate(changes, first_offset):
        snapshot = snapshot.apply(change.entry(sequence=offset + 1, time=0.0), offset)
    return snapshot


def test_before_the_first_entry_nothing_can_be_scored() -> None:
    assert (Snapshot().offset, Snapshot().stack, Snapshot().threshold) == (-1, None, None)


def test_base_and_detectors_make_a_stack_with_the_threshold_announced_last() -> None:
    snapshot = fold(BASE, WIRE, DETECTORS["b"], DETECTORS["a"])
    assert snapshot.stack is not None
    assert [d.id for d in snapshot.detectors] == ["a", "b"]
    assert (snapshot.offset, snapshot.threshold) == (3, 4.0)
    surprise, winner = snapshot.stack.score(genuine_rows(50))
    assert surprise.shape == (50,)
    assert set(winner.tolist()) <= {-1, 0, 1}


def test_apply_leaves_the_snapshot_before_as_it_was() -> None:
    before = fold(BASE, WIRE)
    after = fold(DETECTORS["a"], start=before, first_offset=2)
    assert (before.offset, before.detectors, before.threshold) == (1, (), 3.0)
    assert after.detectors[0].id == "a"


def test_rollback_gives_the_scores_of_before_to_the_bit() -> None:
    before = fold(BASE, WIRE, DETECTORS["a"])
    after = fold(DETECTORS["b"], retirement(Kind.DETECTOR, "b", threshold=4.0), start=before, first_offset=3)
    assert before.stack is not None
    assert after.stack is not None
    assert (
        after.stack.score(genuine_rows(200))[0].tobytes()
        == before.stack.score(genuine_rows(200))[0].tobytes()
    )
    assert (after.threshold, [d.id for d in after.detectors]) == (4.0, ["a"])


def test_an_entry_signed_before_the_one_in_force_is_a_replay() -> None:
    snapshot = fold(BASE, WIRE, DETECTORS["a"], retirement(Kind.DETECTOR, "a", threshold=3.0))
    old = DETECTORS["a"].entry(sequence=3, time=0.0)
    with pytest.raises(ReplayedEntry, match="detector/a with sequence 3, in force is 4"):
        snapshot.apply(old, 9)
    assert snapshot.detectors == ()


def test_the_next_sequence_is_above_the_last_even_if_the_clock_stands_still() -> None:
    snapshot = fold(BASE)
    current = snapshot.applied[b"base/base"].entry.sequence
    assert snapshot.next_sequence(b"base/base", now=0.0) == current + 1
    assert snapshot.next_sequence(b"base/base", now=1.5) == 1_500_000_000


def test_a_detector_waits_for_its_network_and_scores_once_it_is_there() -> None:
    waiting = fold(BASE, DETECTORS["a"])
    assert (waiting.detectors, waiting.dormant) == ((), ("a",))
    assert waiting.stack is not None
    assert [d.id for d in fold(WIRE, start=waiting, first_offset=2).detectors] == ["a"]


def test_a_calibration_replaces_the_tails_of_the_base_that_it_was_made_for() -> None:
    before = fold(BASE)
    assert before.base is not None
    tails = Tails.fit(np.arange(500, dtype=np.float64))
    calibration = Change(
        Kind.THRESHOLD, "joint", "test", "", {"tails": tails_to_bytes(tails)}, {"threshold": 2.5}
    )
    mine = fold(replace(calibration, parent=before.base.content_hash), start=before, first_offset=1)
    other = fold(replace(calibration, parent="another base"), start=before, first_offset=1)
    assert mine.base_tails is not None
    assert mine.base_tails.knots.tolist() == tails.knots.tolist()
    assert other.base_tails is before.base.tails
    assert mine.threshold == 2.5


def broken(change: Change, **parts: bytes) -> Entry:
    return replace(change, parts={**change.parts, **parts}).entry(sequence=99, time=0.0)


@pytest.mark.parametrize(
    "entry",
    [
        broken(BASE, base=b""),
        broken(BASE, tails=BASE.parts["base"]),
        broken(DETECTORS["a"], detector=DETECTORS["a"].parts["detector"][:-7]),
        replace(DETECTORS["a"], parts={}).entry(sequence=99, time=0.0),
        replace(DETECTORS["a"], values={"shift": "much"}).entry(sequence=99, time=0.0),
        Change(Kind.THRESHOLD, "joint", "test", "", {}, {}).entry(sequence=99, time=0.0),
    ],
    ids=["no base", "tails that are a base", "cut detector", "no parts", "no number", "no threshold"],
)
def test_parts_that_cannot_be_loaded_are_refused(entry: Entry) -> None:
    with pytest.raises(MalformedEntry):
        fold(BASE, WIRE).apply(entry, 7)


def test_a_table_smaller_than_its_network_is_refused_before_a_kernel_reads_it() -> None:
    whole = Detector.from_bytes(DETECTORS["a"].parts["detector"])
    small = replace(whole, tensors={**whole.tensors, "table": whole.tensors["table"][:2]})
    with pytest.raises(MalformedEntry, match="allowed is float32"):
        fold(BASE, WIRE).apply(broken(DETECTORS["a"], detector=small.to_bytes()), 7)


def test_a_base_of_other_curves_or_width_is_refused_before_a_kernel_reads_it() -> None:
    model = small_base()
    table = model.network.table
    for wrong, said in ((table[:, :-1], "knots"), (table[:-1], r"allowed is float32 \(3, 41, 8\)")):
        network = replace(model.network, table=np.ascontiguousarray(wrong))
        base = broken(BASE, base=replace(model, network=network).to_bytes())
        with pytest.raises(MalformedEntry, match=said):
            Snapshot().apply(base, 0)


def of_adapter(name: str) -> Change:
    """Return a detector of another adapter than evidence, made beside the base in force."""
    made = adapter(name, Artifacts(small_base(), NETWORK))
    surprises = np.zeros(300) if made.needs_surprise else None
    rows = [genuine_rows(5, seed=9), genuine_rows(300, seed=10)]
    flags, usual = rows if surprises is None else [with_surprise(X, surprises[: len(X)]) for X in rows]
    detector = made.adapt(Support(flags), usual, seed=0)
    return replace(DETECTORS["a"], parts={**DETECTORS["a"].parts, "detector": detector.to_bytes()})


@pytest.mark.parametrize("name", ["ridge", "finetune", "retrain", "blend", "refined"])
def test_detectors_of_any_adapter_go_live_and_are_refused_with_a_wrong_tensor(name: str) -> None:
    before, change = fold(BASE, WIRE), of_adapter(name)
    live = fold(change, start=before, first_offset=2)
    assert [d.id for d in live.detectors] == ["a"]
    assert live.stack is not None
    assert np.isfinite(live.stack.surprises(genuine_rows(20))).all()
    whole = Detector.from_bytes(change.parts["detector"])
    name_of_first = sorted(whole.tensors)[0]
    wrong = replace(whole, tensors={**whole.tensors, name_of_first: np.zeros(3, np.float16)})
    with pytest.raises(MalformedEntry, match=f"detector a: {name_of_first} is float16"):
        before.apply(broken(change, detector=wrong.to_bytes()), 2)


def test_a_refined_detector_scores_beside_the_models_that_it_was_made_with_and_no_others() -> None:
    live = fold(of_adapter("refined"), start=fold(BASE, WIRE), first_offset=2)
    with_newer_network = fold(network_change(small_network(seed=7)), start=live, first_offset=3)
    assert [d.id for d in with_newer_network.detectors] == ["a"]
    with_newer_base = fold(base_change(small_base(seed=9)), start=live, first_offset=3)
    assert (with_newer_base.detectors, with_newer_base.dormant) == ((), ("a",))


def test_a_blend_of_a_version_that_named_no_models_still_scores() -> None:
    change = of_adapter("blend")
    earlier = replace(Detector.from_bytes(change.parts["detector"]), network="").to_bytes()
    live = fold(
        replace(change, parts={**change.parts, "detector": earlier}), start=fold(BASE, WIRE), first_offset=2
    )
    assert [d.id for d in live.detectors] == ["a"]


def test_trees_that_lightgbm_cannot_read_are_refused() -> None:
    change = of_adapter("retrain")
    whole = Detector.from_bytes(change.parts["detector"])
    nonsense = replace(whole, tensors={"trees": np.frombuffer(b"no trees at all", np.uint8)})
    with pytest.raises(MalformedEntry, match="trees cannot be read"):
        fold(BASE, WIRE).apply(broken(change, detector=nonsense.to_bytes()), 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"tails.levels": np.zeros(3)}, "tails of shapes"),
        ({"tails.knots": np.full(2, np.nan), "tails.levels": np.zeros(2)}, "knots of tails"),
        ({"tails.knots": np.array([1.0, 0.0]), "tails.levels": np.zeros(2)}, "knots of tails"),
        ({"tails.rate": np.array([np.inf])}, "rate of tails"),
    ],
    ids=["fewer levels than knots", "no numbers", "descending", "infinite rate"],
)
def test_tails_that_a_kernel_would_read_past_their_end_are_refused(spoil: Tensors, said: str) -> None:
    tails = Tails.fit(np.arange(500, dtype=np.float64)).tensors()
    part = pack({**tails, **spoil}, {"kind": "tails"})
    with pytest.raises(MalformedEntry, match=said):
        fold(BASE, WIRE).apply(broken(DETECTORS["a"], tails=part), 7)


@pytest.mark.parametrize("name", ["threshold", "risk_share", "base_shift"])
def test_a_number_in_force_that_is_none_is_refused(name: str) -> None:
    values = {**DETECTORS["a"].values, name: "much"}
    with pytest.raises(MalformedEntry, match=f"{name} is 'much'"):
        fold(BASE, WIRE).apply(replace(DETECTORS["a"], values=values).entry(sequence=99, time=0.0), 7)


def risk(count: float, **values: float) -> Change:
    rules = [Rule("card", "c1", Effect.BOOST, count=count)]
    return Change(Kind.RISK, "e1", "test", "", {RULES: rules_to_bytes(rules)}, values)


def test_an_entry_passes_on_what_it_does_not_touch() -> None:
    """Thousands of rules arrive, and building a stack takes milliseconds."""
    before = fold(BASE, WIRE, DETECTORS["a"], risk(1.0))
    other_rules = fold(risk(2.0, threshold=5.0), start=before, first_offset=4)
    assert other_rules.scorers is before.scorers
    assert (other_rules.rules.frauds(0.0), other_rules.threshold) == ({("card", "c1"): 2.0}, 5.0)
    other_scorers = fold(DETECTORS["b"], start=before, first_offset=4)
    assert other_scorers.rules is before.rules
    assert len(other_scorers.detectors) == 2


def test_rules_that_move_the_base_reach_the_stack() -> None:
    snapshot = fold(BASE, WIRE, DETECTORS["a"], risk(1.0, base_shift=-0.5))
    assert snapshot.stack is not None
    assert snapshot.stack.shifts.tolist() == [-0.5, 0.0]


CHANGES = [BASE, WIRE, *DETECTORS.values(), *(retirement(Kind.DETECTOR, n, threshold=3.25) for n in "abc")]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=12))
def test_a_compacted_log_gives_the_same_as_the_whole_one(changes: list[Change]) -> None:
    entries = [(change.entry(sequence=i + 1, time=0.0), i) for i, change in enumerate(changes)]
    last = {entry.key: (entry, offset) for entry, offset in entries}
    whole, compacted = Snapshot(), Snapshot()
    for entry, offset in entries:
        whole = whole.apply(entry, offset)
    for entry, offset in sorted(last.values(), key=lambda pair: pair[1]):
        compacted = compacted.apply(entry, offset)
    assert (whole.offset, whole.threshold) == (compacted.offset, compacted.threshold)
    assert [d.id for d in whole.detectors] == [d.id for d in compacted.detectors]
    assert (whole.stack is None) == (compacted.stack is None)
    if whole.stack is not None and compacted.stack is not None:
        rows = genuine_rows(20)
        assert whole.stack.score(rows)[0].tobytes() == compacted.stack.score(rows)[0].tobytes()
