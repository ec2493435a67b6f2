"""An adaptation worker, an analyst and acknowledging scorers, for tests on a real broker and database."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from sqlalchemy import Engine

from adaptation.flag_steps import FlagStep
from adaptation.worker import AdaptationConfig, AdaptationWorker
from contracts.acknowledgement import Acknowledgement
from contracts.answer import Answer
from contracts.answers_topic import answers_topic, create_topic
from contracts.request import Request
from contracts.signing.principals import ADAPTER, CONSOLE, WORKER
from contracts.signing.trust import Trust
from contracts.standing_policy import StandingPolicy
from control.acknowledgements import acknowledge
from control.keys import ControlKey
from control.log_reader import ControlLog
from control.snapshot import Snapshot
from settings import Settings
from storage import UnitOfWork
from tests.waiting import until

SECRET = b"a secret of enough length"
KEY = ControlKey.single(SECRET.decode())
PARTITIONS = 2
FILED = StandingPolicy(steer_seconds=0.0, most_refined=0)
"""Nothing steers the threshold or refines a detector, so that tests see their own changes only."""
GENUINE, FRAUDS = 12_000, 40
PATTERN = np.array([7.0, 6.0, 5.0], np.float32)
"""Where the frauds lie, in standard deviations of ordinary traffic."""


class Scorer:
    """The scorer's part in a swap: follows the control log and acknowledges for all partitions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._trust = Trust.derived(SECRET, WORKER)
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.snapshots: list[Snapshot] = []

    def __enter__(self) -> Scorer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    async def _run(self) -> None:
        topics, bootstrap = self._settings.topics, self._settings.broker.bootstrap
        log = ControlLog(self._settings.broker, topics.control, KEY)
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        await log.start()
        offset = -1
        while not self._end.is_set():
            if log.offset > offset:
                offset = log.offset
                self.snapshots.append(log.current)
                ack = Acknowledgement("scorer", tuple(range(PARTITIONS)), offset, time.time())
                await acknowledge(producer, topics.control_acks, ack, self._trust)
            await asyncio.sleep(0.005)
        await log.stop()
        await producer.stop()


class Analyst:
    """Sends requests and reads the answers."""

    def __init__(self, settings: Settings) -> None:
        bootstrap, self._topic = settings.broker.bootstrap, settings.topics.feedback
        create_topic(settings.broker, answers_topic(self._topic))
        self._producer = KafkaProducer(bootstrap_servers=bootstrap)
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        partition = TopicPartition(answers_topic(self._topic), 0)
        self._consumer.assign([partition])
        self._consumer.seek_to_beginning(partition)
        self.answers: list[Answer] = []
        self.trust = Trust.derived(SECRET, CONSOLE)

    def send(self, request_id: str, kind: str = "flag", **fields: Any) -> None:
        values: dict[str, Any] = {
            "author": "ada", "time": time.time(), "name": "gift cards", "role": "lead", "signed_in": "session"
        }  # fmt: skip
        request = msgspec.convert(
            {**values, **fields, "request_id": request_id, "kind": kind}, Request, str_keys=True
        )
        self.send_raw(msgspec.json.encode(request), request_id.encode())

    def send_raw(self, value: bytes, key: bytes, headers: list[tuple[str, bytes]] | None = None) -> None:
        """Send a record, signed as the console does unless other headers are given."""
        headers = self.trust.signed(self._topic, key, value) if headers is None else headers
        self._producer.send(self._topic, value, key=key, headers=headers).get(10)

    def answer(self, request_id: str, status: str | None = None) -> Answer:
        def look() -> Answer | None:
            for records in self._consumer.poll(timeout_ms=50).values():
                self.answers += [msgspec.json.decode(record.value, type=Answer) for record in records]
            mine = [a for a in self.answers if a.request_id == request_id and status in (None, a.status)]
            return mine[-1] if mine else None

        try:
            return until(look, what=f"an answer to {request_id}")
        except AssertionError as error:
            raise AssertionError(
                f"{error}; what came: {[(a.status, a.message) for a in self.answers]}"
            ) from None

    def live_at(self, request_id: str) -> int:
        """Return the control offset of a change, once it is live on both partitions."""
        answer = self.answer(request_id, "live")
        assert (answer.live, answer.partitions) == (2, 2)
        assert answer.control_offset is not None
        return answer.control_offset

    def close(self) -> None:
        self._producer.close()
        self._consumer.close()


def a_worker(
    settings: Settings,
    engine: Engine,
    after: Callable[[FlagStep], None] = lambda step: None,
    policy: StandingPolicy = FILED,
) -> AdaptationWorker:
    topics = settings.topics
    config = AdaptationConfig(
        broker=settings.broker,
        group=settings.stream.group + "-adapter",
        feedback=topics.feedback,
        control=topics.control,
        control_acks=topics.control_acks,
        shadow_alerts=topics.shadow_alerts,
        partitions=PARTITIONS,
        adapter="ridge",
        policy=policy,
    )
    return AdaptationWorker(config, engine, KEY, Trust.derived(SECRET, ADAPTER), after=after)


@contextmanager
def adapting(settings: Settings, engine: Engine, policy: StandingPolicy = FILED) -> Iterator[None]:
    worker = a_worker(settings, engine, policy=policy)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(15)
        assert not thread.is_alive()


def frauds(*numbers: int) -> tuple[str, ...]:
    return tuple(f"fraud-{number}" for number in numbers)


def record_control(settings: Settings, engine: Engine, key: ControlKey = KEY) -> None:
    """Store the control log as the recorder does."""
    from recorder.rows import control_row

    consumer = KafkaConsumer(bootstrap_servers=settings.broker.bootstrap, auto_offset_reset="earliest")
    partition = TopicPartition(settings.topics.control, 0)
    consumer.assign([partition])
    end = consumer.end_offsets([partition])[partition]
    rows: list[Any] = []
    while consumer.position(partition) < end:
        for record in consumer.poll(timeout_ms=100).get(partition, ()):
            rows.append(control_row(record.value, record.key, record.offset, key))
    consumer.close()
    with UnitOfWork(engine) as unit:
        unit.control.add_many(rows)
        unit.commit()
