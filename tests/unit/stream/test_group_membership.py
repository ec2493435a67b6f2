"""The consumer's behaviour while the group and the worker move its place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faust.types import TP

from features.byte_strings import ByteStrings
from settings import Settings
from stream.app import faust_app
from stream.partition.commit import PartitionLost
from stream.transport import driver
from stream.transport.consumer_thread import heed
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.tenure import Tenure
from stream.wire.reader import Records
from stream.wiring import Wiring


class Consumer:
    """Holds no partition."""

    async def seek(self, partition: TopicPartition, offset: int) -> None:
        raise IllegalStateError(f"No current assignment for partition {partition}")


class Coordinator:
    """Like aiokafka's: an error blocks the coordinator until a caller has raised the error."""

    def __init__(self, *, ended: bool) -> None:
        self._coordination_task: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting: KafkaError | None = None
        if ended:
            self._coordination_task.set_exception(KafkaError("unexpected"))
        else:
            self.waiting = KafkaError("heartbeat")

    def check_errors(self) -> None:
        if self._coordination_task.done():
            self._coordination_task.result()
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            raise waiting


def test_a_partition_that_went_elsewhere_is_lost_and_no_mistake() -> None:
    consumer, nothing = cast(Any, Consumer()), cast(Any, None)
    wiring = Wiring(Settings(), nothing, lambda: consumer, lambda at, work: None)
    with pytest.raises(PartitionLost, match="transactions"):
        asyncio.run(wiring._seek(TopicPartition("transactions", 0), 5))


def test_an_error_of_the_membership_is_taken_note_of_so_that_it_goes_on() -> None:
    async def story() -> Coordinator:
        coordinator = Coordinator(ended=False)
        heed(coordinator)
        return coordinator

    assert asyncio.run(story()).waiting is None


def test_a_membership_that_has_ended_for_good_ends_the_worker() -> None:
    async def story() -> None:
        with pytest.raises(KafkaError, match="unexpected"):
            heed(Coordinator(ended=True))

    asyncio.run(story())


class Aiokafka:
    """Records in which thread it is moved."""

    def __init__(self) -> None:
        self.moved: list[tuple[int, threading.Thread]] = []
        self._coordinator = SimpleNamespace(check_errors=lambda: None)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.moved.append((offset, threading.current_thread()))


def test_the_consumer_is_moved_in_the_thread_that_hands_out_its_spans(tmp_path: Path) -> None:
    aiokafka = Aiokafka()

    async def story() -> Any:
        driver.register()
        consumer: Any = faust_app(Settings(var=tmp_path)).consumer
        consumer._thread._create_consumer = lambda loop: aiokafka
        await consumer._thread.start()
        await consumer.seek(TopicPartition("transactions", 0), 5)
        thread = consumer._thread._thread
        await consumer._thread.stop()
        return thread

    thread = asyncio.run(story())
    assert aiokafka.moved == [(5, thread)]


def test_a_batch_from_before_the_place_moved_to_reaches_its_worker(tmp_path: Path) -> None:
    """Faust would drop the batch, and the partition would wait for its completion for ever."""

    async def story() -> list[int]:
        driver.register()
        consumer: Any = faust_app(Settings(var=tmp_path)).consumer
        partition, passed = TP("transactions", 0), list[int]()

        async def getmany(timeout: float) -> AsyncIterator[tuple[TP, Any]]:
            for offset in (150, 99):
                yield partition, SimpleNamespace(offset=offset, topic="transactions", key=None, value=None)
            consumer._stopped.set()

        async def callback(message: Any) -> None:
            passed.append(message.offset)

        consumer.getmany, consumer.callback = getmany, callback
        await consumer._drain_messages(SimpleNamespace(_stopped=asyncio.Event()))
        consumer._thread.thread_loop.close()
        return passed

    assert asyncio.run(story()) == [150, 99]


class Polls:
    """The consumer's thread: each poll brings one batch of partition 0."""

    def __init__(self) -> None:
        self.polls = 0

    def poll(self) -> asyncio.Future[list[FetchedBatch]]:
        self.polls += 1
        found: asyncio.Future[list[FetchedBatch]] = asyncio.get_running_loop().create_future()
        nothing = ByteStrings.empty()
        none = np.empty(0, np.int64)
        batch = FetchedBatch(
            TP("transactions", 0), self.polls, Records(none, none, nothing, nothing, self.polls)
        )
        found.set_result([batch])
        return found

    def pause(self, partition: TP) -> None: ...

    def resume(self, partition: TP, offset: int | None) -> None: ...

    def tenure(self, numbers: Sequence[int]) -> Tenure:
        return Tenure(tuple(numbers), "", -1)


def test_polls_wait_for_the_end_of_a_round_and_do_not_wait_for_one_that_a_rebalance_has_dropped(
    tmp_path: Path,
) -> None:
    partition = TP("transactions", 0)

    async def story() -> None:
        driver.register()
        consumer: Any = faust_app(Settings(var=tmp_path)).consumer
        consumer._thread.thread_loop.close()
        consumer._thread = polls = Polls()
        consumer._active_partitions = {partition}

        async def delivered() -> list[TP]:
            return [at async for at, _ in consumer.getmany(timeout=0.01)]

        assert await delivered() == [partition]
        assert await delivered() == []  # the round is under way
        consumer.go_on()
        assert await delivered() == [partition]
        consumer.hold([partition])
        consumer.release(partition)
        assert await delivered() == [partition]
        assert polls.polls == 3

    asyncio.run(story())
