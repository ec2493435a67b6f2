"""The path of a transaction through a real worker on a real broker."""

from __future__ import annotations

import signal
from collections import Counter

import msgspec

from features.vector import FeatureLayout
from stream.wiring import transaction_schema
from tests.small_models import base_change, on_trial, small_base
from tests.stream_run import StreamRun
from tests.waiting import until


def order_within_cards(scores: list[dict[str, object]]) -> bool:
    """Return whether each card's scores are in the order in which its transactions arrived."""
    last: dict[object, int] = {}
    for score in scores:
        offset = score["offset"]
        assert isinstance(offset, int)
        if offset <= last.get(score["card_id"], -1):
            return False
        last[score["card_id"]] = offset
    return True


def test_every_transaction_is_scored_once_and_in_the_order_of_its_card(run: StreamRun) -> None:
    run.start_worker()
    run.send_transactions(5_000)
    scores = run.wait_for_scores(5_000)
    assert sorted(str(s["transaction_id"]) for s in scores) == sorted(f"tx-{i}" for i in range(5_000))
    assert order_within_cards(scores)
    assert {s["decision"] for s in scores} <= {"approve", "review", "decline"}
    assert all(s["control_offset"] == 0 for s in scores)


def test_a_worker_that_was_stopped_goes_on_where_it_stopped(run: StreamRun) -> None:
    worker = run.start_worker()
    run.send_transactions(2_000)
    run.wait_for_scores(2_000)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(timeout=30) == 0
    run.send_transactions(1_000, seed=1)
    run.start_worker()
    scores = run.wait_for_scores(3_000)
    assert len({s["transaction_id"] for s in scores}) == len(scores) == 3_000


def test_a_base_on_trial_decides_nothing_and_says_what_it_would_have_alerted(run: StreamRun) -> None:
    newer = small_base(seed=1, names=FeatureLayout(transaction_schema(run.settings)).names)
    run.announce(on_trial(base_change(newer, identity="newer"), threshold=-1.0))
    run.start_worker()
    run.send_transactions(1_000)
    scores = run.wait_for_scores(1_000)
    told = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.shadow_alerts)]
    assert {t["shadow"] for t in told} == {"newer"}
    assert sorted((t["transaction_id"], t["alerted"]) for t in told) == sorted(
        (s["transaction_id"], s["decision"] != "approve") for s in scores
    )


GOOD_ONES, DAMAGED, HUGE, PARTS = 100_000, 1_000, 4, 20
GOOD = {"transaction_id": "t", "time": 1_700_000_000_000, "amount": 1, "card_id": "c", "merchant_id": "m"}


def record(**changed: object) -> bytes:
    """Return a valid record with some fields changed; None removes a field."""
    return msgspec.json.encode({k: v for k, v in {**GOOD, **changed}.items() if v is not None})


BAD = [
    ("syntax", record()[:-5]),
    ("syntax", bytes(range(256))),
    ("not_finite", record().replace(b":1,", b":NaN,")),
    ("missing_field", record(amount=None)),
    ("negative_amount", record(amount=-1)),
    ("wrong_type", record(amount="x")),
    ("time_out_of_range", record(time=17_000_000_000_000_000)),
    ("card_number", record(card_id="4111111111111111")),
    ("too_large", record(transaction_id="x" * (10 << 20))),
]


def test_damaged_records_go_to_the_dead_letters_and_nothing_else_suffers(run: StreamRun) -> None:
    worker = run.start_worker()
    bad = [BAD[i % (len(BAD) - 1)] for i in range(DAMAGED - HUGE)] + [BAD[-1]] * HUGE
    for part in range(PARTS):
        run.send_transactions(GOOD_ONES // PARTS, seed=part)
        values = [value for _, value in bad[part::PARTS]]
        run.send([b"bad"] * len(values), values)
    assert len(run.wait_for_scores(GOOD_ONES, within_s=200)) == GOOD_ONES
    topic = run.settings.topics.dead_letters
    until(lambda: run.count(topic) >= DAMAGED, what="the dead letters")
    letters = [msgspec.json.decode(value) for _, value in run.records(topic)]
    assert Counter(letter["reason"] for letter in letters) == Counter(reason for reason, _ in bad)
    assert all("value" not in letter for letter in letters if letter["reason"] == "card_number")
    assert worker.poll() is None
    assert "4111111111111111" not in run.log_of(worker)
