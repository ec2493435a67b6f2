"""The consumer's behaviour while the group and the worker move its place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faust.types import TP

from settings import Settings
from stream.app import faust_app
from stream.partition.commit import PartitionLost
from stream.transport import driver
from stream.transport.consumer_thread import heed
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
    wiring = Wiring(Settings(), nothing, lambda: consumer, lambda: nothing, lambda at, work: None)
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
