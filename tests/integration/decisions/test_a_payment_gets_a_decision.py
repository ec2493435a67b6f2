"""The user's path: a payment is sent over HTTP, and the scorer's own result comes back.

1. A worker and a gateway run. 2. A payment gets a decision. 3. Its committed score is the same. 4. The same
payment again gets the same answer, another one under its id a 409. 5. A restarted gateway answers the same,
from the log, and once the recorder has stored the payment, from the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from contracts.broker import kafka_python_options
from recorder.rows import alert_row, scored_rows
from settings import Settings
from storage import UnitOfWork, open_engine
from storage.api_tokens import digest_of
from tests.gateway_run import TOKEN, Gateway, add_token
from tests.integration.decisions.conftest import Payment
from tests.stream_run import StreamRun
from tests.waiting import until

ONE, MANY = "/v1/decisions?deadline_ms=60000", "/v1/decisions/batch?deadline_ms=60000"
"""The machine of the tests may be slow: the deadline is not what they are about."""
Make = Callable[..., Payment]
Start = Callable[..., Gateway]


def record(settings: Settings) -> None:
    """Store what is scored, as the recorder does, under another partition than it has in the log."""
    consumer = KafkaConsumer(
        **kafka_python_options(settings.broker), isolation_level="read_committed", enable_auto_commit=False
    )
    engine = open_engine(settings.storage.url)
    with UnitOfWork(engine) as unit:
        for topic in (settings.topics.scored, settings.topics.alerts):
            for number in range(settings.topics.partitions):
                partition = TopicPartition(topic, number)
                consumer.assign([partition])
                consumer.seek_to_beginning(partition)
                end = consumer.end_offsets([partition])[partition]
                while consumer.position(partition) < end:
                    for one in consumer.poll(timeout_ms=200).get(partition, ()):
                        if topic == settings.topics.alerts:
                            unit.alerts.add_many([alert_row(one.value)])
                        else:
                            unit.transactions.add_many(scored_rows(one.value, None, one.timestamp / 1000))
        unit.commit()
    consumer.close()
    engine.dispose()


def test_a_payment_gets_the_score_that_is_committed_and_repeats_the_same_answer(
    run: StreamRun, start: Start, payment: Make
) -> None:
    gateway = start()
    first = {n: gateway.ask(payment(n), ONE) for n in range(12)}
    assert {status for status, _ in first.values()} == {200}
    answers = {answer["id"]: answer for _, answer in first.values()}
    scores = {str(one["transaction_id"]): one for one in run.wait_for_scores(12)}
    for name, score in scores.items():
        answer = answers[name]
        assert (answer["decision"], answer["fallback"]) == (score["decision"], "")
        assert answer["surprise"] == pytest.approx(score["surprise"], abs=1e-4)
        assert (answer["scorer"], answer["control_offset"]) == (score["scorer"], score["control_offset"])
        assert bool(answer["reasons"]) == (answer["decision"] == "review")
    assert "review" in {answer["decision"] for answer in answers.values()}

    def repeats(gateway: Gateway) -> dict[str, Any]:
        status, many = gateway.ask([payment(n) for n in range(12)], MANY + "&durable=true")
        assert (status, [one["status"] for one in many["results"]]) == (200, [200] * 12)
        status, refused = gateway.ask(payment(3, amount=1.0), ONE)
        assert (status, refused["detail"]["where"]) == (409, "transaction id")
        return {one["decision"]["id"]: one["decision"] for one in many["results"]}

    durable = repeats(gateway)
    for name, answer in durable.items():
        # A worker that lost its partition before the commit scores again, with the same result, later.
        assert {**answers[name], "provisional": False, "scored_at": answer["scored_at"]} == answer
    gateway.stop()
    assert repeats(start()) == durable
    record(run.settings)
    # Only the database knows them: nothing is read back from the log, and little is kept in memory.
    forgetful = start(FLAGFIVE_TOPICS__SCORED=run.settings.topics.shadow_alerts)
    assert repeats(forgetful) == durable
    assert len(run.scores()) == 12


def test_past_the_deadline_the_fallback_is_answered_and_the_score_later(
    run: StreamRun, start: Start, payment: Make
) -> None:
    run.workers[0].terminate()
    run.workers[0].wait()
    gateway = start(FLAGFIVE_DECISIONS__FALLBACK="decline")
    began = time.monotonic()
    status, answer = gateway.ask(payment(1), "/v1/decisions?deadline_ms=150")
    assert time.monotonic() - began >= 0.15
    assert (status, answer["decision"], answer["fallback"]) == (200, "decline", "deadline")
    assert (answer["surprise"], answer["provisional"]) == (None, True)
    run.start_worker()
    status, answer = gateway.ask(payment(1), ONE)
    assert (status, answer["fallback"], answer["id"]) == (200, "", "pay-1")
    assert len(run.wait_for_scores(1)) == 1


def test_a_gateway_that_stands_before_a_worker_that_is_gone_refuses_instead_of_queueing(
    run: StreamRun, start: Start, payment: Make
) -> None:
    run.workers[0].terminate()
    run.workers[0].wait()
    gateway = start(FLAGFIVE_DECISIONS__AT_ONCE="16")
    path = "/v1/decisions?deadline_ms=1"
    found = [gateway.ask(payment(n), path)[0] for n in range(20)]
    assert found == [200] * 16 + [429] * 4


def test_a_revoked_token_a_card_number_and_a_wrong_field_are_refused(
    run: StreamRun, start: Start, payment: Make
) -> None:
    add_token(run.settings, "a token that may only read", ("read",))
    gateway = start(FLAGFIVE_DECISIONS__TOKEN_SECONDS="0.1")
    number = "4111111111111111"
    status, refused = gateway.ask({**payment(1), "note": f"card {number}"}, ONE)
    assert (status, refused["detail"]["where"]) == (422, "transaction")
    assert number not in str(refused)
    assert number not in (run.settings.var / "gateway-0.log").read_text()
    assert gateway.ask({**payment(1), "amount": "much"}, ONE)[1]["detail"]["where"] == "amount"
    gateway.token = "a token that may only read"
    assert gateway.ask(payment(1), ONE)[0] == 403
    gateway.token = TOKEN
    assert gateway.ask(payment(1), ONE)[0] == 200
    engine = open_engine(run.settings.storage.url)
    with UnitOfWork(engine) as unit:
        token = unit.tokens.find(digest_of(TOKEN), now=time.time())
        assert token is not None
        token.revoked_at = time.time()
        unit.commit()
    until(lambda: gateway.ask(payment(1), ONE)[0] == 401, what="the revoked token to be refused")
