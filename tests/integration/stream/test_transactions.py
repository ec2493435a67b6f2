"""Transactions of both protocols on a real broker: what becomes visible, and who is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalGenerationError, InvalidProducerEpoch, ProducerFenced

from features.byte_strings import ByteStrings
from settings import BrokerSettings
from stream.partition.batch_writer import connected
from stream.partition.place import GroupPlace
from stream.partition.stage import Output, Resume
from stream.partition.transactor import Transactor
from stream.partition.transactor_v2 import TransactorV2, offers_version_2
from stream.transport.patience import until_the_broker_answers
from stream.transport.tenure import Tenure
from stream.wire.writer import EncodedBatch

pytestmark = pytest.mark.parametrize("protocol", [Transactor, TransactorV2])
OUTSIDE = Tenure((0,), "", -1)  # of no group with members: the broker accepts any place


def output(topic: str, *values: bytes) -> Output:
    return Output(topic, 0, EncodedBatch(None, ByteStrings.from_list(list(values))))


async def started(
    protocol: type[Transactor], broker: BrokerSettings, group: str, tenure: Tenure = OUTSIDE
) -> Transactor:
    transactor = protocol(await connected(broker), group, tenure)
    await until_the_broker_answers(lambda: transactor.start(fences=True), "the coordinators")
    return transactor


async def place_of(broker: BrokerSettings, group: str, topic: str) -> Resume | None:
    place = GroupPlace(broker, group, lambda: pytest.fail("not asked"))
    try:
        return await place.committed(TopicPartition(topic, 0))
    finally:
        await place.close()


@asynccontextmanager
async def reader(broker: BrokerSettings, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def read(broker: BrokerSettings, topic: str, count: int) -> list[bytes]:
    async with reader(broker, topic) as consumer:
        return [(await asyncio.wait_for(consumer.getone(), 30)).value or b"" for _ in range(count)]


async def commit(transactor: Transactor, written: Output, place: Resume) -> None:
    await transactor.write([written], {TopicPartition(written.topic, 0): place})
    await transactor.commit()


def test_outputs_and_places_of_many_transactions_become_visible_in_order(
    protocol: type[Transactor], broker: str, fresh_topic: Callable[..., str]
) -> None:
    topic, at = fresh_topic(), BrokerSettings(bootstrap=broker)

    async def story() -> None:
        transactor = await started(protocol, at, topic)
        for i in range(4):
            places = {TopicPartition(topic, 0): Resume(i, "note")}
            offsets = await transactor.write([output(topic, b"a %d" % i), output(topic, b"b %d" % i)], places)
            await transactor.commit()
            assert offsets == [3 * i, 3 * i + 1]  # two records and a marker in each transaction
        await transactor.close()
        expected = [b"%s %d" % (name, i) for i in range(4) for name in (b"a", b"b")]
        assert await read(at, topic, 8) == expected
        assert await place_of(at, topic, topic) == Resume(3, "note")

    asyncio.run(story())


def test_a_new_holder_aborts_what_the_former_has_written_and_refuses_its_commit(
    protocol: type[Transactor], broker: str, fresh_topic: Callable[..., str]
) -> None:
    topic, at = fresh_topic(), BrokerSettings(bootstrap=broker)

    async def story() -> None:
        former = await started(protocol, at, topic)
        await former.write([output(topic, b"never seen")], {TopicPartition(topic, 0): Resume(1)})
        new = await started(protocol, at, topic)
        with pytest.raises((ProducerFenced, InvalidProducerEpoch)):
            await former.commit()
        await commit(new, output(topic, b"seen"), Resume(2))
        await former.close()
        await new.close()
        assert await read(at, topic, 1) == [b"seen"]
        assert await place_of(at, topic, topic) == Resume(2)

    asyncio.run(story())


def test_a_new_owner_of_some_partitions_takes_the_ids_of_all_of_them(
    protocol: type[Transactor], broker: str, fresh_topic: Callable[..., str]
) -> None:
    """The former owner of partition 1 has died with a transaction under id 1; the new one uses id 0."""
    topic, at = fresh_topic(), BrokerSettings(bootstrap=broker)

    async def story() -> None:
        former = await started(protocol, at, topic, Tenure((1,), "", -1))
        await former.write([output(topic, b"never seen")], {TopicPartition(topic, 0): Resume(1)})
        new = await started(protocol, at, topic, Tenure((0, 1), "", -1))
        await commit(new, output(topic, b"seen"), Resume(1))
        assert await read(at, topic, 1) == [b"seen"]  # at once, not after the timeout of the transaction
        await former.close()
        await new.close()

    asyncio.run(story())


def test_a_member_of_an_earlier_generation_commits_nothing(
    protocol: type[Transactor], broker: str, fresh_topic: Callable[..., str]
) -> None:
    topic, at = fresh_topic(), BrokerSettings(bootstrap=broker)

    async def story() -> None:
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=broker, group_id=topic, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            await asyncio.wait_for(consumer.getmany(timeout_ms=100), 30)
            member = consumer._coordinator.member_id, consumer._coordinator.generation
            stale = await started(protocol, at, topic, Tenure((0,), member[0], member[1] - 1))
            with pytest.raises(IllegalGenerationError):
                await commit(stale, output(topic, b"never seen"), Resume(1))
            current = await started(protocol, at, topic, Tenure((0,), *member))
            await commit(current, output(topic, b"seen"), Resume(2))
            assert await read(at, topic, 1) == [b"seen"]
            assert await place_of(at, topic, topic) == Resume(2)
            await stale.close()
            await current.close()
        finally:
            await consumer.stop()

    asyncio.run(story())


def test_this_broker_offers_version_2(protocol: type[Transactor], broker: str) -> None:
    async def ask() -> bool:
        client = await connected(BrokerSettings(bootstrap=broker))
        try:
            return await offers_version_2(client)
        finally:
            await client.close()

    assert asyncio.run(ask())
