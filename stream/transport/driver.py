"""The Faust driver behind `spans://host:port`: one event per fetch and partition, at most one in flight.

Without the limit of one, small batches pile up in Faust's queue under load and latency never recovers (seen:
2 s; with it 15 ms at the median). With it, the next fetch grows while the current span is processed, so
batches get larger exactly when that is needed.

Offsets are committed by whoever processes the spans (`stream.partition`), not by Faust, whose bookkeeping can
commit past an offset that is still in flight (faust#707).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport import drivers
from faust.transport.drivers import aiokafka as faust_aiokafka
from faust.types import TP, ConsumerMessage, Message
from mode import get_logger

from stream import metrics
from stream.transport.fetcher import SpanConsumer
from stream.transport.span import Span

SCHEME = "spans"
_PATIENCE_S = 1.0  # how long one request for a span waits before it asks anew

Places = dict[TopicPartition, OffsetAndMetadata]
log = get_logger(__name__)


class SpanConsumerThread(faust_aiokafka.AIOKafkaConsumerThread):
    """Runs the aiokafka consumer in a thread of its own, so heartbeats go on while kernels work."""

    def _create_worker_consumer(self, transport: Any) -> SpanConsumer:
        conf = self.app.conf
        # Partition i of every topic goes to the same worker, which can then hold a hop back for a later one.
        self._assignor = RangePartitionAssignor
        return SpanConsumer(
            bootstrap_servers=faust_aiokafka.server_list(transport.url, transport.default_port),
            client_id=conf.broker_client_id,
            group_id=conf.id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset=conf.consumer_auto_offset_reset,
            isolation_level="read_committed",
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 0) * 1000),
            check_crcs=conf.broker_check_crcs,
            **faust_aiokafka.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    async def commit_places(self, places: Places) -> bool:
        """Commit in the consumer's own thread."""
        try:
            await self.call_thread(self._ensure_consumer().commit, places)
        except (CommitFailedError, IllegalStateError):
            return False
        return True

    def request_span(self, partition: TP) -> "asyncio.Future[Span | None]":
        """Ask for the next span of `partition`; to be called from the worker's own event loop."""
        answer = asyncio.run_coroutine_threadsafe(self._next_span(partition), self.thread_loop)
        return asyncio.wrap_future(answer)

    async def _next_span(self, partition: TP) -> Span | None:
        consumer = self._ensure_consumer()
        if consumer._closed:
            raise ConsumerStoppedError
        with consumer._subscription.fetch_context():
            spans = await consumer._fetcher.fetched_records([partition], timeout=_PATIENCE_S)
        span = next((span for found in spans.values() for span in found), None)
        if span is not None:
            behind = (consumer.highwater(partition) or 0) - span.next_offset
            metrics.LAG.labels(partition.topic, str(partition.partition)).set(max(0, behind))
        return span


class SpanFaustConsumer(faust_aiokafka.Consumer):
    """Keeps one request for a span under way per free partition; hands each span on as one message."""

    _thread: SpanConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._requested: dict[TP, asyncio.Future[Span | None]] = {}
        self._in_flight: set[TP] = set()
        self._held: set[TP] = set()
        self._arrived: list[TP] = []
        self._news = asyncio.Event()

    def _new_consumer_thread(self) -> SpanConsumerThread:
        return SpanConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def hold(self, partitions: Iterable[TP]) -> None:
        """Deliver nothing of these partitions until `release`: their profiles are not there yet."""
        self._held.update(partitions)
        self._in_flight.difference_update(partitions)

    def release(self, partition: TP) -> None:
        """The span in flight is dealt with, or the partition has recovered: deliver the next."""
        self._in_flight.discard(partition)
        self._held.discard(partition)
        self._news.set()

    def forget(self, partitions: Iterable[TP]) -> None:
        """The partitions have been revoked."""
        for partition in partitions:
            self._in_flight.discard(partition)
            self._held.discard(partition)
            with suppress(KeyError):  # nothing was ever read of it
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
            span = self._answer(partition)
            # What arrives while Faust has stopped the flow is dropped; it is fetched again afterwards.
            deliverable = self.flow_active and partition in self._get_active_partitions() - self._held
            if span is not None and deliverable:
                self._in_flight.add(partition)
                yield partition, self._message(span)

    def _request_what_is_free(self) -> None:
        free = self._get_active_partitions() - self._held - self._in_flight - self._requested.keys()
        for partition in free:
            request = self._thread.request_span(partition)
            self._requested[partition] = request
            request.add_done_callback(partial(self._note_arrival, partition))

    def _note_arrival(self, partition: TP, _: object) -> None:
        self._arrived.append(partition)
        self._news.set()

    def _answer(self, partition: TP) -> Span | None:
        request = self._requested.pop(partition)
        self._news.set()  # the partition is free to be requested again
        try:
            return request.result()
        except (asyncio.CancelledError, ConsumerStoppedError):
            return None
        except KafkaError as error:
            log.warning("fetch of %s failed, trying again: %r", partition, error)
            return None

    def _message(self, span: Span) -> ConsumerMessage:
        topic, partition = span.partition
        value: Any = span  # Faust expects bytes, and passes on what it is given
        return ConsumerMessage(
            topic,
            partition,
            offset=span.next_offset - 1,
            timestamp=0.0,
            timestamp_type=0,
            headers={},
            key=None,
            value=value,
            checksum=None,
            tp=span.partition,
            generation_id=self.app.consumer_generation_id,
        )

    def ack(self, message: Message) -> bool:
        """Note that Faust is done with the message; nothing is committed here."""
        message.acked = True
        self._unacked_messages.discard(message)
        return False

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit nothing: offsets are committed with the outputs they belong to."""
        return False

    async def commit_places(self, places: Places) -> bool:
        """Commit places of the group outside any transaction; False if the group has moved on.

        Raises KafkaError where the broker does not answer.
        """
        return await self._thread.commit_places(places)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Faust's tree of offsets that were skipped grows with every span and is asked by nobody here."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's watch for stuck streams reads offsets that are not kept here; lag is a metric of ours."""


class SpanTransport(faust_aiokafka.Transport):
    """`spans://`: Faust's Kafka transport with `SpanFaustConsumer`."""

    Consumer: ClassVar[type[SpanFaustConsumer]] = SpanFaustConsumer


def register() -> None:
    """Make `spans://` known to Faust, which keeps its drivers in a table of names."""
    table: Any = drivers.by_url  # a bound method of the table
    table.__self__.aliases[SCHEME] = f"{SpanTransport.__module__}:{SpanTransport.__name__}"
