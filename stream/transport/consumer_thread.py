"""Run the consumer of a worker in a thread of its own."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, ClassVar

from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as faust_aiokafka
from faust.types import TP
from mode import Service, get_logger

from contracts.broker_errors import told
from contracts.heartbeat import HEARTBEATS
from contracts.metrics import scorer as metrics
from contracts.outage import METADATA_MAX_AGE_MS
from stream.transport.fetched_batch import FetchedBatch
from stream.transport.fetcher import BatchConsumer
from stream.transport.patience import until_the_broker_answers
from stream.transport.tenure import Tenure
from stream.wire.unpacking import DEFAULT_MOST_BYTES

_PATIENCE_S = 1.0  # how long a poll waits for records before it is repeated
_STUCK_S = 60.0  # without a turn of this thread; heartbeats to the group stop too

Places = dict[TopicPartition, OffsetAndMetadata]
log = get_logger(__name__)


def heed(coordinator: Any) -> None:
    """Collect an error of the group membership, so that the worker can join the group again.

    aiokafka's coordinator waits until `getone` or `getmany` raises the error, and neither is called here.

    Raises:
        KafkaError: the membership has ended for good.
    """
    try:
        coordinator.check_errors()
    except KafkaError as error:
        if coordinator._coordination_task.done():
            raise
        log.warning("membership of the group: %s, going on", told(error))


class BatchConsumerThread(faust_aiokafka.AIOKafkaConsumerThread):
    """Runs the aiokafka consumer in a thread of its own: heartbeats continue while kernels work."""

    most_bytes: ClassVar[int] = DEFAULT_MOST_BYTES
    """Largest size of compressed records of one fetch after decompression; `driver.register` sets it."""

    def _create_worker_consumer(self, transport: Any) -> BatchConsumer:
        conf = self.app.conf
        # Partition i of every topic goes to the same worker, which then commits all stages of it together.
        self._assignor = RangePartitionAssignor
        return BatchConsumer(
            most_bytes=self.most_bytes,
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
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            **faust_aiokafka.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    async def on_start(self) -> None:
        """Start the consumer. A broker that is away just now is waited for; Faust would end the worker."""
        self.time_started = monotonic()
        await until_the_broker_answers(self._start_consumer, "the consumer")

    async def _start_consumer(self) -> None:
        self._consumer = self._create_consumer(loop=self.thread_loop)
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise

    @Service.task
    async def _heed_the_group(self) -> None:
        async for _ in self.itertimer(_PATIENCE_S, name="group errors"):
            HEARTBEATS.beat("receive thread", within_s=_STUCK_S)
            heed(self._ensure_consumer()._coordinator)

    def tenure(self, numbers: Sequence[int]) -> Tenure:
        """Return the membership that the group's last assignment began, with these partition numbers."""
        coordinator = self._ensure_consumer()._coordinator
        return Tenure(tuple(numbers), coordinator.member_id, self.app.consumer_generation_id)

    async def commit_places(self, places: Places) -> bool:
        """Commit places, in the consumer's own thread; False where the group has moved on."""
        try:
            await self.call_thread(self._ensure_consumer().commit, places)
        except (CommitFailedError, IllegalStateError):
            return False
        return True

    async def move(self, partition: TP, offset: int) -> None:
        """Continue at `offset`.

        It runs in the consumer's own thread, unlike Faust's version: aiokafka is not thread-safe, and a seek
        during the delivery of a batch ended the worker.

        Raises:
            IllegalStateError: the partition is not assigned.
        """
        await self.call_thread(self._ensure_consumer().seek, partition, offset)

    def pause(self, partition: TP) -> None:
        """Leave the partition out of fetches; call it from any thread."""
        self._in_thread(lambda consumer: consumer.pause(partition))

    def resume(self, partition: TP, offset: int | None) -> None:
        """Fetch the partition again, from `offset` on where one is given; call it from any thread."""

        def go_on(consumer: BatchConsumer) -> None:
            if offset is not None:
                consumer.seek(partition, offset)
            consumer.resume(partition)

        self._in_thread(go_on)

    def _in_thread(self, act: Callable[[BatchConsumer], None]) -> None:
        def do() -> None:
            with suppress(IllegalStateError):  # revoked meanwhile
                act(self._ensure_consumer())

        self.thread_loop.call_soon_threadsafe(do)

    def poll(self) -> "asyncio.Future[list[FetchedBatch]]":
        """Ask for the next batch of each partition that has one; call it from the worker's own event loop."""
        answer = asyncio.run_coroutine_threadsafe(self._poll(), self.thread_loop)
        return asyncio.wrap_future(answer)

    async def _poll(self) -> list[FetchedBatch]:
        consumer = self._ensure_consumer()
        if consumer._closed:
            raise ConsumerStoppedError
        with consumer._subscription.fetch_context():
            found = await consumer._fetcher.fetched_records([], timeout=_PATIENCE_S)
        batches = [fetched for parts in found.values() for fetched in parts]
        for fetched in batches:
            behind = (consumer.highwater(fetched.partition) or 0) - fetched.next_offset
            labels = fetched.partition.topic, str(fetched.partition.partition)
            metrics.LAG.labels(*labels).set(max(0, behind))
        return batches
