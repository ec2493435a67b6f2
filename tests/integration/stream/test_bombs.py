"""A batch that explodes on decompression is skipped as a dead letter, or refused where only we write."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from contracts.answers_topic import answers_topic
from contracts.dead_letter import TOO_LARGE_UNPACKED, DeadLetter
from tests.stream_run import StreamRun


def send_bomb(run: StreamRun, topic: str) -> None:
    """Send 128 MiB of zeros, which are 4 KB on the wire."""

    async def send() -> None:
        async with AIOKafkaProducer(
            bootstrap_servers=run.settings.broker.bootstrap,
            compression_type="zstd",
            max_batch_size=1 << 28,
            max_request_size=1 << 28,
        ) as producer:
            await producer.send_and_wait(topic, b"\0" * (128 << 20), b"key", partition=0)

    asyncio.run(send())


def memory_mib(pid: int) -> float:
    with open(f"/proc/{pid}/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def test_a_bomb_is_skipped_as_a_dead_letter_and_the_stream_goes_on(run: StreamRun) -> None:
    worker = run.start_worker()
    run.send_transactions(500)
    run.wait_for_scores(500)
    before = memory_mib(worker.pid)
    send_bomb(run, run.settings.topics.transactions)
    run.send_transactions(500, seed=1)
    scores = run.wait_for_scores(1_000)
    assert len({score["transaction_id"] for score in scores}) == len(scores) == 1_000
    assert memory_mib(worker.pid) < before + 100
    letters = [
        msgspec.json.decode(value, type=DeadLetter)
        for _, value in run.records(run.settings.topics.dead_letters)
    ]
    assert [(one.reason, one.partition, one.value) for one in letters] == [(TOO_LARGE_UNPACKED, 0, None)]


def test_the_broker_refuses_a_bomb_on_a_topic_that_only_we_write(run: StreamRun) -> None:
    topics = run.settings.topics
    for topic in (topics.control, topics.feedback, answers_topic(topics.feedback), topics.control_acks):
        before = run.written(topic)
        with pytest.raises(MessageSizeTooLargeError):
            send_bomb(run, topic)
        assert run.written(topic) == before, topic
