"""On a real broker: someone who can write to the topics still cannot approve, acknowledge or answer."""

from __future__ import annotations

import time

import msgspec
from kafka import KafkaProducer
from sqlalchemy import Engine

from contracts.acknowledgement import Acknowledgement
from contracts.answer import Answer
from contracts.answers_topic import answers_topic
from contracts.request import Request
from contracts.request_client import FeedbackClient
from contracts.signing.principals import CONSOLE
from contracts.signing.trust import Trust
from contracts.standing_policy import StandingPolicy
from control.acknowledgements import AckWatch
from control.announce import Announcer
from settings import Settings
from storage.episodes import LIVE, WAITING
from tests.adaptation_worker import PARTITIONS, SECRET, Analyst, Scorer, adapting, frauds

FOUR_EYES = StandingPolicy(steer_seconds=0.0, four_eyes=True)


def test_who_can_write_to_feedback_can_neither_approve_nor_speak_for_another(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    """1. ada flags. 2. An unsigned approval, and 3. one by another key, are refused. 4. bob approves."""
    with Scorer(stream_settings), adapting(stream_settings, engine, policy=FOUR_EYES):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == WAITING
        value = msgspec.json.encode(Request("r-2", "approve", "bob", time.time(), "gift cards", role="lead"))
        analyst.send_raw(value, b"r-2", headers=[])
        refused = analyst.answer("r-2")
        assert (refused.status, refused.message) == ("refused", "the message has no signature")
        stolen = Trust.derived(b"the secret of an attacker", CONSOLE)
        analyst.send_raw(value, b"r-3", headers=stolen.signed(stream_settings.topics.feedback, b"r-3", value))
        assert "is not among the trusted keys" in analyst.answer("r-3").message
        assert announcer.refresh().detectors == ()
        analyst.send("r-2", "approve", author="bob")
        assert analyst.answer("r-2", LIVE).live == PARTITIONS


def test_a_replayed_retirement_does_not_retire_again(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    """1. Flag and retire. 2. Flag the pattern again. 3. The record of the retirement is written once more."""
    topic = stream_settings.topics.feedback
    value = msgspec.json.encode(Request("r-2", "retire", "ada", time.time(), "gift cards", role="lead"))
    headers = analyst.trust.signed(topic, b"r-2", value)
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == LIVE
        analyst.send_raw(value, b"r-2", headers=headers)
        first = analyst.answer("r-2")
        assert first.status == LIVE, first.message
        analyst.send("r-3", fraud=frauds(4, 5, 6, 7))
        assert analyst.answer("r-3").status == LIVE
        analyst.answers.clear()
        analyst.send_raw(value, b"r-2", headers=headers)
        assert analyst.answer("r-2") == first
    assert len(announcer.refresh().detectors) == 1


def test_a_flood_of_unsigned_records_does_not_hold_up_a_request(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    producer = KafkaProducer(bootstrap_servers=stream_settings.broker.bootstrap)
    for number in range(5_000):
        producer.send(stream_settings.topics.feedback, b'{"kind": "approve"}', key=b"%d" % number)
    producer.flush(30)
    producer.close()
    analyst.send("r-1", "label", name="", fraud=("tx-0-7",))
    with adapting(stream_settings, engine):
        assert analyst.answer("r-1").status == "done"
    assert 0 < sum(answer.status == "refused" for answer in analyst.answers) < 1_000


def test_forged_acknowledgements_and_answers_count_for_nothing(stream_settings: Settings) -> None:
    topics = stream_settings.topics
    trust = Trust.derived(SECRET, CONSOLE)
    watch = AckWatch(stream_settings.broker, topics.control_acks, PARTITIONS, trust, whole=True)
    producer = KafkaProducer(bootstrap_servers=stream_settings.broker.bootstrap)
    ack = msgspec.json.encode(Acknowledgement("w", tuple(range(PARTITIONS)), 99, time.time()))
    with FeedbackClient(stream_settings.broker, topics.feedback, trust) as client:
        producer.send(topics.control_acks, ack, key=b"w").get(10)
        producer.send(
            answers_topic(topics.feedback),
            msgspec.json.encode(Answer("r-1", "live", "live on 4 of 4")),
            key=b"r-1",
        ).get(10)
        watch.catch_up()
        assert watch.table.progress(99).live == 0
        assert client.answers(2.0) == []
    producer.close()
    watch.close()
