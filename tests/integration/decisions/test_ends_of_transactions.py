"""A gateway's consumer reads uncommitted batches at once, and the ends of their transactions, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaProducer, TopicPartition

from decisions.topics.log_batches import Ended, LogConsumer, Written

ABORTED, COMMITTED, AT_ONCE = b"aborted", b"committed", b"at once"


def test_every_batch_comes_before_the_end_of_its_transaction(
    broker: str, fresh_topic: Callable[..., str]
) -> None:
    found = asyncio.run(_written_and_read(broker, fresh_topic()))
    kinds = [one if isinstance(one, Ended) else [record.value for record in one.records] for one in found]
    producers = {one.producer for one in found if isinstance(one, Written) and one.producer is not None}
    (producer,) = producers
    assert kinds == [[ABORTED], Ended(producer, False), [COMMITTED], Ended(producer, True), [AT_ONCE]]
    assert [one.producer for one in found] == [producer] * 4 + [None]


async def _written_and_read(broker: str, topic: str) -> list[Written | Ended]:
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id=topic) as producer:
        for value in (ABORTED, COMMITTED):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, value, partition=0)
            await (producer.abort_transaction() if value == ABORTED else producer.commit_transaction())
    async with AIOKafkaProducer(bootstrap_servers=broker) as plain:
        await plain.send_and_wait(topic, AT_ONCE, partition=0)
    consumer = LogConsumer(bootstrap_servers=broker, enable_auto_commit=False)
    await consumer.start()
    try:
        partition, found = TopicPartition(topic, 0), list[Written | Ended]()
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        while not (found and isinstance(found[-1], Written) and found[-1].producer is None):
            for batches in (await consumer.getmany(timeout_ms=1_000)).values():
                found += batches
        return found
    finally:
        await consumer.stop()
