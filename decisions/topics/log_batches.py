"""A consumer that returns the batches of the log as they are written, and the ends of transactions.

aiokafka leaves out the markers that end transactions. Together with uncommitted records they tell what is
committed, so one consumer replaces a second one for committed records. A marker is there as soon as a
committed record would be. Source of the format: KIP-98, "Exactly Once Delivery and Transactional Messaging".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.record.control_record import ABORT_MARKER, COMMIT_MARKER, ControlRecord


@dataclass(frozen=True, slots=True)
class Written:
    """A batch of records.

    Attributes:
        records: with offset, timestamp in ms since 1970, and value.
        producer: id of the producer whose transaction the batch belongs to; None outside of a transaction.
    """

    records: Sequence[Any]
    producer: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a producer's transaction in one partition."""

    producer: int
    committed: bool


class LogBatches(aiokafka_fetcher.PartitionRecords):
    """The batches of one fetched partition; iteration yields `Written` and `Ended`."""

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[Written | Ended]:
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise aiokafka_fetcher.Errors.CorruptRecordException(f"checksum differs in {self._tp}")
            begin, self.next_fetch_offset = self.next_fetch_offset, batch.next_offset
            if batch.is_control_batch:
                marker = ControlRecord.parse(next(batch).key)
                if marker in (COMMIT_MARKER, ABORT_MARKER):
                    yield Ended(batch.producer_id, marker == COMMIT_MARKER)
                continue
            records = [one for one in batch if one.offset >= begin]
            yield Written(records, batch.producer_id if batch.is_transactional else None)


class LogFetcher(aiokafka_fetcher.Fetcher):
    """Unpacks nothing that is not asked for, and fetches only during a poll.

    aiokafka fetches again at once. A reader that pauses between two polls gets more with each fetch, and
    needs fewer of them.
    """

    _polled = False

    async def fetched_records(
        self, partitions: Sequence[TopicPartition], timeout: float = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Written | Ended]]:
        """Return what is there, as aiokafka does; fetches are sent only during this call."""
        self._polled = True
        self._notify(self._wait_consume_future)
        try:
            found: dict[TopicPartition, list[Written | Ended]] = await super().fetched_records(
                partitions, timeout, max_records
            )
        finally:
            self._polled = False
        return found

    def _get_actions_per_node(self, assignment: Any) -> tuple[Any, ...]:
        requests, *others = super()._get_actions_per_node(assignment)
        return requests if self._polled and not self._records else [], *others

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        needs_wakeup: bool = await super()._proc_fetch_request(assignment, node_id, request)
        for result in self._records.values():
            fetched: Any = getattr(result, "_partition_records", None)
            if type(fetched) is aiokafka_fetcher.PartitionRecords:  # its iterator has not begun
                result._partition_records = LogBatches(
                    fetched._tp, fetched._records, None, fetched.next_fetch_offset,
                    None, None, fetched._check_crcs, fetched._isolation_level,
                )  # fmt: skip
        return needs_wakeup


class LogConsumer(AIOKafkaConsumer):
    """An aiokafka consumer of uncommitted records whose `getmany` returns `Written` and `Ended`.

    Assign after `start`.
    """

    _fetcher: LogFetcher

    async def start(self) -> None:
        """Connect, and replace the fetcher: aiokafka makes its own and offers no way to choose it."""
        await super().start()
        await self._fetcher.close()
        self._fetcher = LogFetcher(
            self._client,
            self._subscription,
            fetch_min_bytes=self._fetch_min_bytes,
            fetch_max_bytes=self._fetch_max_bytes,
            fetch_max_wait_ms=self._fetch_max_wait_ms,
            max_partition_fetch_bytes=self._max_partition_fetch_bytes,
            check_crcs=self._check_crcs,
            fetcher_timeout=self._consumer_timeout,
            prefetch_backoff=0.0,
            retry_backoff_ms=self._retry_backoff_ms,
            auto_offset_reset=self._auto_offset_reset,
            isolation_level="read_uncommitted",
            client_rack=self._client_rack,
        )
