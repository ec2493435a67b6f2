"""A fetcher of aiokafka that returns batches instead of records, and fetches when it is asked."""

from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.protocol.fetch import FetchRequest

from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import AbortedTransaction, read_records
from stream.wire.unpacking import DEFAULT_MOST_BYTES

# Only one fetch per broker is open at a time, so a partition that has just been resumed waits for it to end.
PATIENCE_MS = 128


class BatchRecords:
    """One fetched partition, read as a single batch.

    It replaces aiokafka's `PartitionRecords`: iteration yields the items of `getmany`, and
    `next_fetch_offset` is the offset of the following fetch.
    """

    def __init__(
        self,
        partition: TopicPartition,
        data: bytes,
        aborted: list[AbortedTransaction],
        fetch_offset: int,
        check_crc: bool,
        most_bytes: int,
    ) -> None:
        self._partition = partition
        self._data = data
        self._aborted = aborted
        self._check_crc = check_crc
        self._most_bytes = most_bytes
        self.next_fetch_offset = fetch_offset

    def __iter__(self) -> Iterator[FetchedBatch]:
        records = read_records(
            self._data,
            from_offset=self.next_fetch_offset,
            aborted=self._aborted,
            check_crc=self._check_crc,
            most_bytes=self._most_bytes,
        )
        batch = FetchedBatch(self._partition, self.next_fetch_offset, records)
        self.next_fetch_offset = records.next_offset
        yield batch


class AnswerKeeper:
    """Wraps a client for the fetcher and keeps the fetched bytes of each partition.

    aiokafka wraps these bytes in a compiled object that does not return them.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.fetched: dict[TopicPartition, bytes] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        response = await self._client.send(node_id, request, **options)
        if isinstance(request, FetchRequest):
            for topic, partitions in response.topics:
                for partition, *_, data in partitions:
                    self.fetched[TopicPartition(topic, partition)] = data
        return response


class BatchFetcher(aiokafka_fetcher.Fetcher):
    """Reads each partition of an answer in one pass, and fetches only during a poll.

    aiokafka fetches ahead. While the reader is busy, what was fetched ahead grows old, and what arrives
    meanwhile waits for another round. Only a reader that is behind the end of a partition gains by it, and
    so a partition that is behind is still fetched ahead.
    """

    def __init__(self, client: Any, subscriptions: Any, most_bytes: int, **options: Any) -> None:
        self._most_bytes = most_bytes
        super().__init__(
            AnswerKeeper(client),
            subscriptions,
            fetch_max_wait_ms=PATIENCE_MS,
            # By default all fetches of a broker wait 100 ms while one partition's batch waits to be taken.
            prefetch_backoff=0.0,
            **options,
        )
        self._polled = False

    async def fetched_records(
        self, partitions: Sequence[TopicPartition], timeout: float = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[FetchedBatch]]:
        """Return what is there, as aiokafka does; fetches are sent only during this call.

        Args:
            partitions: where to read; all that are not paused if empty.
            timeout: how long to wait for the first records, in seconds.
            max_records: passed on to aiokafka.
        """
        self._polled = True
        self._notify(self._wait_consume_future)
        try:
            found: dict[TopicPartition, list[FetchedBatch]] = await super().fetched_records(
                partitions, timeout, max_records
            )
        finally:
            self._polled = False
        return found

    def _get_actions_per_node(self, assignment: Any) -> tuple[Any, ...]:
        requests, *others = super()._get_actions_per_node(assignment)
        # Without the second condition, a poll that is about to return would leave a fetch open behind it.
        asked = self._polled and not self._records
        return requests if asked or self._is_behind(assignment) else [], *others

    @staticmethod
    def _is_behind(assignment: Any) -> bool:
        states = [assignment.state_value(partition) for partition in assignment.tps]
        return any(
            state.has_valid_position and not state.paused and (state.lso or 0) > state.position
            for state in states
        )

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        needs_wakeup: bool = await super()._proc_fetch_request(assignment, node_id, request)
        for partition, result in self._records.items():
            fetched = getattr(result, "_partition_records", None)
            if isinstance(fetched, aiokafka_fetcher.PartitionRecords):
                result._partition_records = self._as_batch(partition, fetched)
        return needs_wakeup

    def _as_batch(self, partition: TopicPartition, fetched: Any) -> BatchRecords:
        """Return the same records as a batch; `fetched` has unpacked nothing, since it was not iterated."""
        return BatchRecords(
            partition,
            self._client.fetched.pop(partition),
            list(fetched._aborted_transactions),
            fetched.next_fetch_offset,
            fetched._check_crcs,
            self._most_bytes,
        )


class BatchConsumer(AIOKafkaConsumer):
    """An aiokafka consumer whose `getmany` returns batches. Subscribe or assign after `start`.

    Args:
        most_bytes: largest size in bytes of compressed records of one fetch after decompression.
    """

    _fetcher: BatchFetcher

    def __init__(self, *topics: str, most_bytes: int = DEFAULT_MOST_BYTES, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._most_bytes = most_bytes

    async def start(self) -> None:
        """Connect, and replace the fetcher: aiokafka makes its own and offers no way to choose it.

        Nothing is fetched before a subscription or assignment, so no record is lost.
        """
        await super().start()
        await self._fetcher.close()
        self._fetcher = BatchFetcher(
            self._client,
            self._subscription,
            self._most_bytes,
            fetch_min_bytes=self._fetch_min_bytes,
            fetch_max_bytes=self._fetch_max_bytes,
            max_partition_fetch_bytes=self._max_partition_fetch_bytes,
            check_crcs=self._check_crcs,
            fetcher_timeout=self._consumer_timeout,
            retry_backoff_ms=self._retry_backoff_ms,
            auto_offset_reset=self._auto_offset_reset,
            isolation_level=self._isolation_level,
            client_rack=self._client_rack,
        )
