"""A worker's view of the control log: reads the whole topic, then follows it.

No consumer group: every worker needs every entry. The current snapshot is one reference that is replaced
between batches; a record that is refused changes nothing and is counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from contracts.metrics import control_log as metrics
from control.envelope import MAX_ENVELOPE, unseal
from control.errors import CAUSES, ControlLogUnavailable, ControlRefused
from control.keys import ControlKey
from control.snapshot import Snapshot

log = logging.getLogger(__name__)

POLL_MS = 500
RETRY_S = 0.5
# A detector is 16 KB, so a fetch of 4 MiB brings all of them at once; a base still fits whole.
FETCH_BYTES = 2 * MAX_ENVELOPE

OnChange = Callable[[Snapshot], None]


class ControlLog:
    """Follows the control log in the background; `current` is what is in force.

    Callbacks in `on_change` run in the event loop right after a swap, so they must be short.
    """

    def __init__(self, bootstrap: str, topic: str, key: ControlKey) -> None:
        self._bootstrap = bootstrap
        self._partition = TopicPartition(topic, 0)
        self._key = key
        self._next = 0
        self._caught_up = asyncio.Event()
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.current = Snapshot()
        self.on_change: list[OnChange] = []
        self.refused: Counter[str] = Counter()
        for cause in CAUSES:  # a rate begins at the second sample, so the first refusal must not be the first
            metrics.CONTROL_REFUSED.labels(cause)

    @property
    def offset(self) -> int:
        """Control offset in force; -1 before the first entry."""
        return self.current.offset

    async def start(self, *, timeout_s: float = 60.0) -> None:
        """Begin to follow; returns when all that the topic held at the start is applied.

        Raises ControlLogUnavailable where that takes longer than `timeout_s`; it is stopped then. What
        nobody foresaw is raised as it is.
        """
        self._task = asyncio.create_task(self._follow(), name="control log")
        caught_up = asyncio.create_task(self._caught_up.wait())
        either, first = {self._task, caught_up}, asyncio.FIRST_COMPLETED
        try:
            done, _ = await asyncio.wait(either, timeout=timeout_s, return_when=first)
        finally:
            caught_up.cancel()
        if self._task in done:
            self._task.result()  # raises what ended it
        if not done:
            await self.stop()
            topic = self._partition.topic
            raise ControlLogUnavailable(
                f"topic {topic!r} at {self._bootstrap} could not be read within {timeout_s:g} s"
            )

    async def failed(self) -> None:
        """Raise whatever ends the following unforeseen; to be awaited beside it, lest nobody hears of it."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        """Stop following; `current` stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def reaches(self, offset: int) -> Snapshot:
        """Wait until `offset` is in force or passed."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.offset >= offset)
        return self.current

    async def _follow(self) -> None:
        told = False
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                if not told:
                    log.warning(
                        "control log: the broker at %s is away (%s), trying again", self._bootstrap, error
                    )
                told = True
                await asyncio.sleep(RETRY_S)
            else:
                told = False

    async def _read(self) -> None:
        """Read from the next offset on until the connection is lost for good."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=POLL_MS,
        )
        try:
            await consumer.start()
            consumer.assign([self._partition])
            consumer.seek(self._partition, self._next)
            end = (await consumer.end_offsets([self._partition]))[self._partition]
            while True:
                # Also past what compaction or a transaction's marker left without a record.
                self._next = max(self._next, await consumer.position(self._partition))
                if self._next >= end:
                    self._caught_up.set()
                await self._poll(consumer)
        finally:
            await consumer.stop()

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        batches = await consumer.getmany(self._partition, timeout_ms=POLL_MS)
        for record in batches.get(self._partition, ()):
            self._next = record.offset + 1
            self._apply(record)
        async with self._changed:
            self._changed.notify_all()

    def _apply(self, record: ConsumerRecord) -> None:
        try:
            entry = unseal(record.value, record.key, self._key)
            changed = self.current.apply(entry, record.offset)
        except ControlRefused as refusal:
            self._refuse(record, refusal)
            return
        self.current = changed
        metrics.CONTROL_APPLIED.labels(entry.kind).inc()
        metrics.CONTROL_OFFSET.set(changed.offset)
        metrics.DETECTORS_LIVE.set(len(changed.detectors))
        if self._caught_up.is_set():
            metrics.CONTROL_APPLY_SECONDS.observe(max(0.0, time.time() - entry.time))
        for tell in self.on_change:
            tell(changed)

    def _refuse(self, record: ConsumerRecord, refusal: ControlRefused) -> None:
        self.refused[refusal.cause] += 1
        metrics.CONTROL_REFUSED.labels(refusal.cause).inc()
        log.error("control log: record at offset %d refused as %s: %s", record.offset, refusal.cause, refusal)
