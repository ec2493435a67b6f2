"""The control log on a real broker: announced, followed, acknowledged, attacked, restarted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer

from contracts.acknowledgement import Acknowledgement
from contracts.signing.principals import WORKER
from contracts.signing.trust import Trust
from control.acknowledgements import AckWatch, acknowledge, read_acks
from control.announce import Announcer
from control.entry import Kind
from control.envelope import seal
from control.errors import ControlLogUnavailable
from control.keys import ControlKey
from control.log_reader import ControlLog
from settings import BrokerSettings, Settings
from tests.small_models import (
    base_change,
    detector_change,
    genuine_rows,
    network_change,
    retirement,
    small_base,
    small_network,
)
from tests.written_rules import rule_change

KEY = ControlKey.single("a secret of enough length")
TRUST = Trust.derived(b"a secret of enough length", WORKER)
NETWORK = small_network()


@pytest.fixture
def announcer(stream_settings: Settings) -> Iterator[Announcer]:
    announcer = Announcer(stream_settings.broker, stream_settings.topics.control, KEY)
    announcer.announce(network_change(NETWORK))
    announcer.announce(base_change(small_base()))
    yield announcer
    announcer.close()


def following(settings: Settings, act: Callable[[ControlLog], Awaitable[Any]], key: Any = KEY) -> Any:
    """Run `act` beside a follower of the log, a worker's view, that has caught up."""

    async def run() -> Any:
        log = ControlLog(settings.broker, settings.topics.control, key)
        await log.start()
        try:
            return await asyncio.wait_for(act(log), 30)
        finally:
            await log.stop()

    return asyncio.run(run())


def send_raw(settings: Settings, value: bytes | None, key: bytes) -> int:
    """Write a record to the log, as any writer to the topic could; return its offset."""
    producer = KafkaProducer(bootstrap_servers=settings.broker.bootstrap, max_request_size=2**24)
    offset: int = producer.send(settings.topics.control, value, key=key).get(10).offset
    producer.close()
    return offset


def test_a_worker_starts_with_all_that_the_log_holds(stream_settings: Settings, announcer: Announcer) -> None:
    announced = announcer.announce(detector_change(NETWORK, "ring"))

    async def act(log: ControlLog) -> None:
        assert log.offset == announced.offset
        assert [d.id for d in log.current.detectors] == ["ring"]

    following(stream_settings, act)


def test_a_change_reaches_a_worker_that_is_running(stream_settings: Settings, announcer: Announcer) -> None:
    seen: list[int] = []

    async def act(log: ControlLog) -> None:
        log.on_change.append(lambda snapshot: seen.append(snapshot.offset))
        announced = await asyncio.to_thread(announcer.announce, detector_change(NETWORK, "ring"))
        snapshot = await log.reaches(announced.offset)
        assert snapshot.threshold == announced.entry.values["threshold"]
        gone = await asyncio.to_thread(announcer.announce, retirement(Kind.DETECTOR, "ring", threshold=3.0))
        assert (await log.reaches(gone.offset)).detectors == ()
        assert seen == [announced.offset, gone.offset]

    following(stream_settings, act)


def test_what_is_announced_together_is_applied_at_once(
    stream_settings: Settings, announcer: Announcer
) -> None:
    """Workers score under none of the states between the entries of one change."""
    seen: list[tuple[int, int]] = []

    async def act(log: ControlLog) -> None:
        log.on_change.append(lambda snapshot: seen.append((snapshot.offset, len(snapshot.written.live))))
        for bound in (1, 2):
            changes = [rule_change(f"r{number}", f"amount > {bound}") for number in range(200)]
            announced = await asyncio.to_thread(announcer.announce, *changes)
            await log.reaches(announced.offset)

    following(stream_settings, act)
    assert [count for _, count in seen] == [200, 200]
    assert seen[1][0] - seen[0][0] == 200


def test_an_empty_log_is_caught_up_with_nothing_in_force(stream_settings: Settings) -> None:
    async def act(log: ControlLog) -> int:
        return log.offset

    assert following(stream_settings, act) == -1


def test_attacks_change_nothing_and_are_counted_by_cause(
    stream_settings: Settings, announcer: Announcer
) -> None:
    first = announcer.announce(detector_change(NETWORK, "ring", seed=1))
    announcer.announce(detector_change(NETWORK, "ring", seed=2))
    stolen = ControlKey.single("the attacker's secret, long enough")
    forged = detector_change(NETWORK, "mule", seed=3).entry(sequence=2**62, time=0.0)

    async def act(log: ControlLog) -> None:
        before = log.current
        rows = genuine_rows(100)
        assert before.stack is not None
        scores = before.stack.score(rows)[0].tobytes()
        attacks = {
            "forged": (seal(forged, stolen), forged.key),
            "truncated": (seal(forged, KEY)[:-40], forged.key),
            "oversized": (bytes(6 * 2**20), b"detector/ring"),
            "replayed": (seal(first.entry, KEY), first.entry.key),
        }
        for value, key in attacks.values():
            await asyncio.to_thread(send_raw, stream_settings, value, key)
        await asyncio.to_thread(send_raw, stream_settings, None, b"detector/ring")
        last = await asyncio.to_thread(announcer.announce, retirement(Kind.LIST, "none"))
        after = await log.reaches(last.offset)
        assert after.stack is not None
        assert after.stack.score(rows)[0].tobytes() == scores
        assert log.refused == {"forged": 2, "truncated": 1, "oversized": 1, "replayed": 1}

    following(stream_settings, act)


def test_a_worker_with_another_key_takes_nothing(stream_settings: Settings, announcer: Announcer) -> None:
    async def act(log: ControlLog) -> tuple[int, int]:
        return log.offset, log.refused["forged"]

    assert following(stream_settings, act, ControlKey.single("another secret, long enough")) == (-1, 2)


def test_an_announcer_that_was_overtaken_announces_again(
    stream_settings: Settings, announcer: Announcer
) -> None:
    slow_clock = Announcer(stream_settings.broker, stream_settings.topics.control, KEY, clock=lambda: 1.0)
    announcer.announce(detector_change(NETWORK, "ring", threshold=5.0))
    announced = slow_clock.announce(detector_change(NETWORK, "ring", threshold=6.0))
    slow_clock.close()
    in_force = announcer.refresh()
    assert (in_force.threshold, in_force.offset) == (6.0, announced.offset)


def test_a_broker_that_is_not_there_is_said_within_the_time() -> None:
    async def run() -> None:
        await ControlLog(BrokerSettings(bootstrap="127.0.0.1:1"), "control", KEY).start(timeout_s=1.0)

    with pytest.raises(ControlLogUnavailable, match=r"'control' at 127\.0\.0\.1:1"):
        asyncio.run(run())


def test_acknowledgements_are_counted_by_partition(stream_settings: Settings) -> None:
    bootstrap, topic = stream_settings.broker.bootstrap, stream_settings.topics.control_acks

    async def publish(*acks: Acknowledgement) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
        await producer.start()
        for ack in acks:
            await acknowledge(producer, topic, ack, TRUST)
        await producer.stop()

    asyncio.run(publish(Acknowledgement("w1", (0, 1), 6, 1.0)))
    watch = AckWatch(stream_settings.broker, topic, 4, TRUST)
    asyncio.run(publish(Acknowledgement("w1", (0, 1), 7, 2.0)))
    assert str(watch.wait(7, timeout_s=0.5)) == "live on 2 of 4 partitions"
    asyncio.run(publish(Acknowledgement("w2", (2, 3), 8, 3.0)))
    assert watch.wait(7, timeout_s=10).complete
    assert not watch.wait(8, timeout_s=0.5).complete
    watch.close()
    assert read_acks(stream_settings.broker, topic, 4, TRUST).progress(8).live == 2
