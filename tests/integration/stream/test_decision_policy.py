"""A decision policy from its request to decisions on every partition, and away again; and proof of it."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import Engine

from contracts.stage_batch import from_message
from contracts.standing_policy import StandingPolicy
from rules.policy.definition import policy_to_bytes
from tests.adaptation_worker import Analyst, adapting, record_control
from tests.decision_policies import policy, segment
from tests.recomputed import recomputed
from tests.stream_run import StreamRun
from tests.waiting import until

BEFORE, DURING, AFTER = 200, 2_000, 300  # payments before the policy, while it comes and goes, and after
FOUR_EYES = StandingPolicy(steer_seconds=0.0, most_refined=0, four_eyes=True)
DEFINITION = policy_to_bytes(
    policy(segment("large", "amount > 20", 0.0, 0.0), segment("medium", "amount > 10", 0.0))
).decode()


def test_a_policy_is_accepted_by_a_second_person_and_rolled_back_while_payments_flow(
    run: StreamRun, engine: Engine, analyst: Analyst
) -> None:
    """From a request to decisions, and back.

    1. Payments flow.  2. ada proposes a policy; it decides nothing.  3. bob accepts it; it decides on every
    partition.  4. A rollback takes it away.  5. No batch is decided by two versions.  6. Alerts name the
    segment.  7. Scores recompute.
    """
    topics = run.settings.topics
    run.start_worker()
    run.send_transactions(BEFORE)
    run.wait_for_scores(BEFORE)
    with adapting(run.settings, engine, policy=FOUR_EYES):
        sending = threading.Thread(
            target=run.send_at_pace, args=(DURING, 600.0), kwargs={"cards": 300, "merchants": range(40)}
        )
        sending.start()
        analyst.send("q-1", "policy", name="decision", definition=DEFINITION)
        proposed = analyst.answer("q-1", "waiting").control_offset
        assert proposed is not None
        analyst.send("q-2", "approve", name="policy/proposal")
        assert "another person" in analyst.answer("q-2", "refused").message
        analyst.send("q-3", "approve", name="policy/proposal", author="bob")
        accepted = analyst.live_at("q-3")
        run_on = run.written(topics.scores)
        until(lambda: run.written(topics.scores) > run_on + 200, what="scores under the policy")
        record_control(run.settings, engine)
        analyst.send("q-4", "rollback", name="policy/decision")
        gone = analyst.live_at("q-4")
        sending.join()
        run.send_transactions(AFTER, seed=3)
        scores = run.wait_for_scores(BEFORE + DURING + AFTER)
    record_control(run.settings, engine)
    messages = [value for _, value in run.records(topics.scored)]
    check_versions(messages, {0, proposed, accepted, gone}, accepted)
    assert {s["partition"] for s in scores if s["control_offset"] == accepted} == {0, 1}
    check_reasons([value for _, value in run.records(topics.alerts)], accepted)
    again = recomputed(messages, engine)
    assert all(one.equal for one in again)
    assert any(one.stored.control_offset == accepted for one in again)


def check_versions(messages: list[bytes], offsets: set[int], accepted: int) -> None:
    """Each message is of one control offset; under the policy, and only then, the amount decides."""
    seen = set()
    for message in messages:
        batch = from_message(message)
        (offset,) = set(batch.column("control_offset").to_pylist())
        seen.add(offset)
        if offset != accepted:
            continue
        for amount, decision in zip(
            batch.column("amount").to_pylist(), batch.column("decision").to_pylist(), strict=True
        ):
            if amount > 10:
                assert decision == (2 if amount > 20 else 1)
    assert seen <= offsets
    assert accepted in seen


def check_reasons(alerts: list[bytes], accepted: int) -> None:
    """Alerts under the policy name their segment, and no other alert does."""
    said = set()
    for value in alerts:
        alert = msgspec.json.decode(value)
        words = {r["words"] for r in alert["reasons"] if r["feature"].startswith("policy ")}
        assert not words or alert["control_offset"] == accepted
        said |= {(alert["decision"], *words)} if words else set()
    assert said == {
        ("decline", "policy: declines large from surprise 0"),
        ("review", "policy: reviews medium from surprise 0"),
    }
