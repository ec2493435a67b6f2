"""Detectors and bases on trial score beside the stack in force and do not change its decisions."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from control.change import Change
from control.entry import Kind
from control.errors import MalformedEntry
from control.snapshot import Snapshot
from stream.scoring.decide import score_batch
from stream.scoring.shadow_alerts import shadow_alerts
from tests.batches import batch_of
from tests.small_models import (
    NAMES,
    base_change,
    detector_change,
    genuine_rows,
    network_change,
    on_trial,
    retirement,
    small_base,
    small_network,
)

NETWORK = small_network()
DECIDES = (base_change(small_base()), network_change(NETWORK), detector_change(NETWORK, "live"))
DETECTOR = on_trial(detector_change(NETWORK, "tried", seed=5), threshold=0.5)
BASE = on_trial(base_change(small_base(seed=9), identity="newer"), threshold=1.0)


def fold(*changes: Change) -> Snapshot:
    snapshot = Snapshot()
    for offset, change in enumerate(changes):
        snapshot = snapshot.apply(change.entry(sequence=offset + 1, time=0.0), offset)
    return snapshot


def test_a_trial_leaves_every_decision_as_it_was() -> None:
    X = genuine_rows(500)
    before, after = fold(*DECIDES), fold(*DECIDES, DETECTOR, BASE)
    assert before.stack is not None
    assert after.stack is not None
    assert before.stack.score(X)[0].tobytes() == after.stack.score(X)[0].tobytes()
    assert (after.threshold, [d.id for d in after.detectors]) == (before.threshold, ["live"])


def test_one_on_trial_scores_as_it_will_once_it_is_live() -> None:
    X = genuine_rows(500)
    tried = fold(*DECIDES, BASE, DETECTOR).shadows
    assert [shadow.scorer.id for shadow in tried.all] == ["tried", "newer"]
    detector = fold(*DECIDES[:2], detector_change(NETWORK, "tried", seed=5)).stack
    base = fold(base_change(small_base(seed=9))).stack
    assert detector is not None
    assert base is not None
    expected = np.column_stack([detector.surprises(X)[:, 1], base.surprises(X)[:, 0]])
    assert tried.surprises(X).tobytes() == expected.tobytes()


def test_its_shift_counts_as_it_would_live() -> None:
    shifted = replace(DETECTOR, values={**DETECTOR.values, "shift": -0.25})
    X = genuine_rows(50)
    plain, moved = fold(*DECIDES, DETECTOR).shadows, fold(*DECIDES, shifted).shadows
    assert np.array_equal(moved.surprises(X), plain.surprises(X) - 0.25)


def test_a_trial_ends_with_its_entry() -> None:
    snapshot = fold(*DECIDES, DETECTOR, retirement(Kind.SHADOW, "tried"))
    assert snapshot.shadows.all == ()
    assert snapshot.shadows.surprises(genuine_rows(3)).shape == (3, 0)


def test_a_detector_on_trial_waits_for_its_network() -> None:
    assert fold(DECIDES[0], DETECTOR).shadows.all == ()
    assert len(fold(DECIDES[0], DETECTOR, DECIDES[1]).shadows.all) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (replace(DETECTOR, values={}), "shadow_threshold is None, allowed is a number"),
        (on_trial(base_change(small_base(names=(*NAMES, "more"))), 1.0), "reads other features"),
        (replace(BASE, parts={"base": b"", "tails": BASE.parts["tails"]}), "part 'base' cannot be loaded"),
    ],
)
def test_one_that_cannot_score_is_refused(change: Change, message: str) -> None:
    with pytest.raises(MalformedEntry, match=message):
        fold(*DECIDES, change)


def test_what_it_would_have_alerted_is_told_with_what_was_decided() -> None:
    snapshot, batch = fold(*DECIDES, DETECTOR, BASE), batch_of(400, width=len(NAMES))
    scores = score_batch(batch, snapshot, ["card", "merchant"])
    rows, records = shadow_alerts(batch, scores, snapshot)
    surprise = snapshot.shadows.surprises(batch.features)
    expected = [
        (f"tx-{row}", shadow.scorer.id, float(surprise[row, column]), bool(scores.decision[row]))
        for row in range(400)
        for column, shadow in enumerate(snapshot.shadows.all)
        if surprise[row, column] > shadow.threshold
    ]
    told = [msgspec.json.decode(record or b"") for record in records.to_list()]
    assert [(t["transaction_id"], t["shadow"], t["surprise"], t["alerted"]) for t in told] == expected
    assert rows.tolist() == [int(identity.removeprefix("tx-")) for identity, *_ in expected]
    assert len({shadow for _, shadow, *_ in expected}) == 2
