"""The broker is killed and restarts: control log, recorder and adaptation worker recover unaided."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from sqlalchemy import Engine, func, select

from adaptation.worker import AdaptationConfig, AdaptationWorker
from contracts.answer import Answer
from contracts.answers_topic import answers_topic, create_topic
from contracts.request import Request
from contracts.signing.principals import ADAPTER, CONSOLE
from contracts.signing.trust import Trust
from contracts.standing_policy import StandingPolicy
from control.announce import Announcer
from control.keys import ControlKey
from control.log_reader import ControlLog
from flagfive.cluster import administrator
from flagfive.own_broker import OwnBroker, free_port
from flagfive.processes import Child, Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from recorder.recorder import Recorder, Topics
from settings import BrokerSettings, Settings, StorageSettings, TopicsSettings
from storage import UnitOfWork, migrate, open_engine
from storage.scored_transactions import ScoredTransaction
from tests.scored_messages import scored_message
from tests.small_models import base_change, network_change, small_base, small_network
from tests.waiting import until

# kafka-python leaves closing the sockets of failed connections to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SECRET = "a secret of enough length"
KEY = ControlKey.single(SECRET)


class RestartableBroker:
    """A separate broker, which the test may stop and restart."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        self._own, self._processes = OwnBroker.of(settings), processes
        self._child: Child | None = None

    def start(self) -> None:
        self._child = self._own.start(self._processes)

    def kill(self) -> None:
        assert self._child is not None
        self._child.process.kill()
        self._child.process.wait()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        var=tmp_path,
        broker=BrokerSettings(bootstrap=f"127.0.0.1:{free_port()}"),
        topics=TopicsSettings(partitions=1),
        storage=StorageSettings(url=f"sqlite:///{tmp_path}/flagfive.sqlite"),
    )


@pytest.fixture
def broker_of_its_own(settings: Settings, tmp_path: Path) -> Iterator[RestartableBroker]:
    with Processes(tmp_path / "log") as processes:
        broker = RestartableBroker(settings, processes)
        broker.start()
        with administrator(settings.broker) as admin:
            ensure_topics(admin, planned_topics(settings))
        create_topic(settings.broker, answers_topic(settings.topics.feedback))
        yield broker


def test_a_control_log_goes_on_after_the_broker_was_killed(
    settings: Settings, broker_of_its_own: RestartableBroker
) -> None:
    def announce(*, base: bool) -> int:
        announcer = Announcer(settings.broker, settings.topics.control, KEY)
        change = base_change(small_base()) if base else network_change(small_network())
        offset = announcer.announce(change).offset
        announcer.close()
        return offset

    async def run() -> None:
        log = ControlLog(settings.broker, settings.topics.control, KEY)
        await log.start()
        await log.reaches(await asyncio.to_thread(announce, base=False))
        await asyncio.to_thread(broker_of_its_own.kill)
        assert len(log.current.networks) == 1
        broker_of_its_own.start()  # main thread: a child process dies with the thread that started it
        snapshot = await asyncio.wait_for(log.reaches(await asyncio.to_thread(announce, base=True)), 60)
        assert snapshot.stack is not None
        await log.stop()

    asyncio.run(run())


def test_recorder_and_adapter_go_on_after_the_broker_was_killed(
    settings: Settings, broker_of_its_own: RestartableBroker
) -> None:
    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    topics, broker = settings.topics, settings.broker
    recorder = Recorder(
        broker,
        "r",
        Topics(topics.scored, topics.alerts, topics.shadow_alerts, topics.control, topics.dead_letters),
        engine,
        KEY,
    )
    config = AdaptationConfig(
        broker, "a", topics.feedback, topics.control, topics.control_acks, 1, "ridge", StandingPolicy()
    )
    adapter = AdaptationWorker(config, engine, KEY, Trust.derived(SECRET.encode(), ADAPTER))
    threads = [threading.Thread(target=process.run) for process in (recorder, adapter)]
    for thread in threads:
        thread.start()
    try:
        for round_ in range(2):
            if round_:
                broker_of_its_own.kill()
                broker_of_its_own.start()
            _publish(settings, round_)
            until(partial(_has_rows, engine, 10 * (round_ + 1)), what="recorded rows")
            assert _answer(settings, f"r-{round_}").status == "done"
    finally:
        recorder.stop()
        adapter.stop()
        for thread in threads:
            thread.join(15)
        engine.dispose()
    assert not any(thread.is_alive() for thread in threads)


def _publish(settings: Settings, round_: int) -> None:
    """Publish ten scored transactions, and a label for the first one."""
    producer = KafkaProducer(bootstrap_servers=settings.broker.bootstrap)
    offsets = range(10 * round_, 10 * round_ + 10)
    producer.send(settings.topics.scored, scored_message(0, offsets)).get(30)
    topic, key = settings.topics.feedback, f"r-{round_}".encode()
    asked = Request(key.decode(), "label", "bank", 0.0, fraud=(f"tx-0-{10 * round_}",), role="machine")
    value = msgspec.json.encode(asked)
    headers = Trust.derived(SECRET.encode(), CONSOLE).signed(topic, key, value)
    producer.send(topic, value, key=key, headers=headers).get(30)
    producer.close()


def _has_rows(engine: Engine, count: int) -> bool:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.session.scalar(select(func.count()).select_from(ScoredTransaction)) == count


def _answer(settings: Settings, request_id: str) -> Answer:
    consumer = KafkaConsumer(bootstrap_servers=settings.broker.bootstrap, auto_offset_reset="earliest")
    partition = TopicPartition(answers_topic(settings.topics.feedback), 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)

    def look() -> Answer | None:
        for records in consumer.poll(timeout_ms=100).values():
            for record in records:
                answer = msgspec.json.decode(record.value, type=Answer)
                if answer.request_id == request_id:
                    return answer
        return None

    try:
        return until(look, what=f"an answer to {request_id}")
    finally:
        consumer.close()
