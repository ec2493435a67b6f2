"""The Faust driver behind `batches://host:port`: one event per fetch and partition, at most one in flight.

Without the limit of one, small batches pile up in Faust's queue under load and latency does not recover
(measured: 2 s; with the limit 15 ms at the median). With it, the next fetch grows while the current batch is
processed, so batches grow when load does.

`stream.partition` commits the offsets. Faust does not: its bookkeeping can commit past an offset that is
still being processed (faust#707).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.transport import drivers
from faust.transport.drivers import aiokafka as faust_aiokafka
from faust.types import TP, ConsumerMessage, Message
from mode import get_logger

from contracts.broker_errors import told
from contracts.metrics import scorer as metrics
from stream.transport.consumer_thread import BatchConsumerThread, Places
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.tenure import Tenure
from stream.wire.unpacking import DEFAULT_MOST_BYTES

SCHEME = "batches"
log = get_logger(__name__)


class NoReadOffsets(dict[TP, int | None]):
    """Read offsets that are always empty.

    Faust would drop a batch before its read offset, and not ask for more. The partition's worker checks
    whether a batch is the next one, and moves the consumer where it is not.
    """

    def __missing__(self, partition: TP) -> None:
        return None

    def __setitem__(self, partition: TP, offset: int | None) -> None:
        pass


class BatchFaustConsumer(faust_aiokafka.Consumer):
    """Keeps one request for a batch open per free partition, and delivers each batch as one message."""

    _thread: BatchConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = NoReadOffsets()
        self._requested: dict[TP, asyncio.Future[FetchedBatch | None]] = {}
        self._in_flight: set[TP] = set()
        self._held: set[TP] = set()
        self._paused: set[TP] = set()
        self._arrived: list[TP] = []
        self._news = asyncio.Event()
        self.tenure = Tenure((), "", -1)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def hold(self, partitions: Iterable[TP]) -> None:
        """Begin a tenure: deliver nothing of the assigned partitions until `release`.

        Their profiles are not loaded yet.
        """
        partitions = set(partitions)
        self._held.update(partitions)
        self._in_flight.difference_update(partitions)
        self._paused.clear()
        self.tenure = self._thread.tenure(sorted({partition.partition for partition in partitions}))

    def release(self, partition: TP) -> None:
        """Deliver the next batch: the one in flight is done, or the partition has recovered."""
        self._in_flight.discard(partition)
        self._held.discard(partition)
        self._news.set()

    def pause(self, partition: TP) -> None:
        """Read nothing of the partition until `resume`: its batches are handed over in memory."""
        self._paused.add(partition)
        metrics.LAG.labels(partition.topic, str(partition.partition)).set(0)
        self._thread.pause(partition)

    def resume(self, partition: TP, offset: int) -> None:
        """Read the partition again, from `offset` on."""
        self._paused.discard(partition)
        self._thread.resume(partition, offset)
        self._news.set()

    def forget(self, partitions: Iterable[TP]) -> None:
        """Drop the state of revoked partitions."""
        for partition in partitions:
            self._in_flight.discard(partition)
            self._held.discard(partition)
            with suppress(KeyError):  # it has no series: nothing was read from it
                metrics.LAG.remove(partition.topic, str(partition.partition))

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        self._request_what_is_free()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), timeout)
        self._news.clear()
        while self._arrived and not self.should_stop:
            partition = self._arrived.pop(0)
            batch = self._answer(partition)
            # Batches that arrive while Faust has stopped the flow are dropped, and fetched again later.
            deliverable = self.flow_active and partition in self._get_active_partitions() - self._held
            if batch is not None and deliverable:
                self._in_flight.add(partition)
                yield partition, self._message(batch)

    def _request_what_is_free(self) -> None:
        taken = self._held | self._in_flight | self._paused | self._requested.keys()
        for partition in self._get_active_partitions() - taken:
            request = self._thread.request_batch(partition)
            self._requested[partition] = request
            request.add_done_callback(partial(self._note_arrival, partition))

    def _note_arrival(self, partition: TP, _: object) -> None:
        self._arrived.append(partition)
        self._news.set()

    def _answer(self, partition: TP) -> FetchedBatch | None:
        request = self._requested.pop(partition)
        self._news.set()  # the partition is free to be requested again
        try:
            return request.result()
        except (asyncio.CancelledError, ConsumerStoppedError):
            return None
        except KafkaError as error:
            log.warning("fetch of %s failed, trying again: %s", partition, told(error))
            return None

    def _message(self, batch: FetchedBatch) -> ConsumerMessage:
        topic, partition = batch.partition
        value: Any = batch  # Faust expects bytes, and passes any value on
        return ConsumerMessage(
            topic,
            partition,
            offset=batch.next_offset - 1,
            timestamp=0.0,
            timestamp_type=0,
            headers={},
            key=None,
            value=value,
            checksum=None,
            tp=batch.partition,
            generation_id=self.app.consumer_generation_id,
        )

    def ack(self, message: Message) -> bool:
        """Mark the message as done for Faust; nothing is committed here."""
        message.acked = True
        self._unacked_messages.discard(message)
        return False

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit nothing: offsets are committed with their outputs."""
        return False

    async def _seek(self, partition: TP, offset: int) -> None:
        await self._thread.move(partition, offset)

    async def commit_places(self, places: Places) -> bool:
        """Commit places of the group outside any transaction; False if the group has moved on.

        Raises:
            KafkaError: the broker does not answer.
        """
        return await self._thread.commit_places(places)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: Faust's tree of skipped offsets would grow with every batch, and is not read here."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust's check for stuck streams reads offsets that are not kept here.

        The lag metric shows a stuck partition.
        """


class BatchTransport(faust_aiokafka.Transport):
    """`batches://`: Faust's Kafka transport with `BatchFaustConsumer`."""

    Consumer: ClassVar[type[BatchFaustConsumer]] = BatchFaustConsumer


def register(most_bytes: int = DEFAULT_MOST_BYTES) -> None:
    """Register `batches://` in Faust's table of drivers.

    Args:
        most_bytes: largest size in bytes of compressed records of one fetch after decompression.
    """
    BatchConsumerThread.most_bytes = most_bytes
    table: Any = drivers.by_url  # a bound method of the table
    table.__self__.aliases[SCHEME] = f"{BatchTransport.__module__}:{BatchTransport.__name__}"
