"""A written rule from its request to decisions on every partition, and away again; and proof of it all."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import Engine

from contracts.stage_batch import from_message
from tests.adaptation_worker import Analyst, adapting, record_control
from tests.recomputed import recomputed
from tests.stream_run import StreamRun
from tests.waiting import until

RULE = "rule/large"
BEFORE, DURING, AFTER = 2_000, 4_000, 2_000  # payments before the rule, while it comes and goes, and after


def save(analyst: Analyst, request_id: str, **fields: object) -> int:
    """Save a rule on amounts over 20; return the control offset from which it is live everywhere."""
    definition = {"condition": "amount > 20", "action": "decline", "mode": "live", "note": "large", **fields}
    analyst.send(request_id, "rule", name="large", definition=msgspec.json.encode(definition).decode())
    return analyst.live_at(request_id)


def test_a_rule_is_saved_and_rolled_back_while_payments_flow(
    run: StreamRun, engine: Engine, analyst: Analyst
) -> None:
    """From a request to decisions, and back.

    1. Payments flow.  2. A rule is saved and decides on every partition.  3. A rollback takes it away.
    4. No batch is decided by two versions.  5. Alerts and scores name the rule.  6. Scores recompute.
    """
    run.start_worker()
    run.send_transactions(BEFORE)
    run.wait_for_scores(BEFORE)
    with adapting(run.settings, engine):
        sending = threading.Thread(
            target=run.send_at_pace, args=(DURING, 800.0), kwargs={"cards": 300, "merchants": range(40)}
        )
        sending.start()
        saved = save(analyst, "q-1")
        run_on = run.written(run.settings.topics.scores)
        until(lambda: run.written(run.settings.topics.scores) > run_on + 200, what="scores under the rule")
        record_control(run.settings, engine)
        analyst.send("q-2", "rollback", name=RULE)
        gone = analyst.live_at("q-2")
        sending.join()
        run.send_transactions(AFTER, seed=3)
        scores = run.wait_for_scores(BEFORE + DURING + AFTER)
    record_control(run.settings, engine)
    messages = [value for _, value in run.records(run.settings.topics.scored)]
    check_versions(messages, saved, gone)
    under = [s for s in scores if saved <= int(str(s["control_offset"])) < gone]
    assert {s["partition"] for s in under} == {0, 1}
    assert {s["scorer"] for s in scores if s not in under} <= {"base", "block"}
    declined = {str(s["transaction_id"]) for s in scores if s["scorer"] == RULE}
    assert declined
    assert {s["decision"] for s in scores if s["scorer"] == RULE} == {"decline"}
    alerts = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.alerts)]
    mine = {a["transaction_id"]: a for a in alerts if a["scorer"] == RULE}
    assert mine.keys() == declined
    assert {a["reasons"][0]["words"] for a in mine.values()} == {"rule: large"}
    check_recomputed(messages, engine)


def check_versions(messages: list[bytes], saved: int, gone: int) -> None:
    """Each message is of one control offset; under the rule, exactly the amounts over 20 are its own."""
    offsets = set()
    for message in messages:
        batch = from_message(message)
        (offset,) = set(batch.column("control_offset").to_pylist())
        offsets.add(offset)
        for amount, winner in zip(
            batch.column("amount").to_pylist(), batch.column("winner_id").to_pylist(), strict=True
        ):
            assert (winner == RULE) == (saved <= offset < gone and amount > 20)
    assert offsets == {0, saved, gone}


def check_recomputed(messages: list[bytes], engine: Engine) -> None:
    """Every score, recomputed from what is stored, is equal to the bit."""
    again = recomputed(messages, engine)
    assert all(one.equal for one in again)
    assert any(one.winner == RULE for one in again)


def test_a_rule_in_shadow_writes_what_it_would_decide(
    run: StreamRun, engine: Engine, analyst: Analyst
) -> None:
    run.start_worker()
    run.send_transactions(200)
    run.wait_for_scores(200)
    with adapting(run.settings, engine):
        save(analyst, "q-1", mode="shadow")
        run.send_transactions(300, seed=5)
        scores = run.wait_for_scores(500)
    assert RULE not in {s["scorer"] for s in scores}
    told = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.shadow_alerts)]
    assert told
    assert {one["shadow"] for one in told} == {RULE}
    assert all(one["amount"] > 20 for one in told)
