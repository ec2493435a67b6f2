"""The Faust driver behind `batches://host:port`: one event for all batches of a poll, at most one in flight.

The next poll begins when the round of the one before is committed, so its records are as fresh as can be, and
batches grow when load does.

`stream.partition` commits the offsets. Faust does not: its bookkeeping can commit past an offset that is
still being processed (faust#707).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
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
    """Polls while no round is under way, and delivers the batches of each poll as one message."""

    _thread: BatchConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = NoReadOffsets()
        self._held: set[TP] = set()
        self._polling: asyncio.Future[list[FetchedBatch]] | None = None
        self._free = asyncio.Event()
        self._free.set()
        self.tenure = Tenure((), "", -1)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def hold(self, partitions: Iterable[TP]) -> None:
        """Begin a tenure: deliver nothing of the assigned partitions until `release`.

        Their profiles are not loaded yet.
        """
        partitions = set(partitions)
        for partition in partitions:
            self.withhold(partition)
        self._free.set()  # Faust drops a message that the agent has not taken before the rebalance
        self.tenure = self._thread.tenure(sorted({partition.partition for partition in partitions}))

    def withhold(self, partition: TP) -> None:
        """Deliver nothing of the partition until `release`."""
        self._held.add(partition)
        self._thread.pause(partition)

    def release(self, partition: TP) -> None:
        """Deliver what comes: the partition has recovered."""
        self._held.discard(partition)
        self._thread.resume(partition, None)

    def go_on(self) -> None:
        """Poll again: the round is over."""
        self._free.set()

    def pause(self, partition: TP) -> None:
        """Read nothing of the partition until `resume`: its batches are handed over in memory."""
        metrics.LAG.labels(partition.topic, str(partition.partition)).set(0)
        self._thread.pause(partition)

    def resume(self, partition: TP, offset: int) -> None:
        """Read the partition again, from `offset` on."""
        self._thread.resume(partition, offset)

    def forget(self, partitions: Iterable[TP]) -> None:
        """Drop the state of revoked partitions."""
        for partition in partitions:
            self._held.discard(partition)
            with suppress(KeyError):  # it has no series: nothing was read from it
                metrics.LAG.remove(partition.topic, str(partition.partition))

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        batches = await self._poll(timeout)
        # Batches that arrive while Faust has stopped the flow are dropped, and fetched again later.
        wanted = self._get_active_partitions() - self._held if self.flow_active else set()
        batches = [batch for batch in batches if batch.partition in wanted]
        if batches and not self.should_stop:
            self._free.clear()
            yield batches[0].partition, self._message(batches)

    async def _poll(self, timeout: float) -> list[FetchedBatch]:
        """Return the batches of the open poll; none if it goes on for longer than `timeout`."""
        if not await self._is_free(timeout):
            return []
        if self._polling is None:
            self._polling = self._thread.poll()
        done, _ = await asyncio.wait({self._polling}, timeout=timeout)
        if not done:
            return []
        polled, self._polling = self._polling, None
        try:
            return polled.result()
        except (asyncio.CancelledError, ConsumerStoppedError):
            return []
        except KafkaError as error:
            log.warning("a fetch failed, trying again: %s", told(error))
            return []

    async def _is_free(self, timeout: float) -> bool:
        """Return whether no round is under way; wait for its end for `timeout` at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._free.wait(), timeout)
        return self._free.is_set()

    def _message(self, batches: list[FetchedBatch]) -> ConsumerMessage:
        """Return a message with the batches of a poll, in the name of the first."""
        first = batches[0]
        topic, partition = first.partition
        value: Any = batches  # Faust expects bytes, and passes any value on
        return ConsumerMessage(
            topic,
            partition,
            offset=first.next_offset - 1,
            timestamp=0.0,
            timestamp_type=0,
            headers={},
            key=None,
            value=value,
            checksum=None,
            tp=first.partition,
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
