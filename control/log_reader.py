"""A worker's view of the control log: reads the whole topic, then follows it.

It joins no consumer group, since every worker needs every entry. The current snapshot is one reference,
replaced between batches. A refused record changes nothing and is counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from contracts.broker import Broker, aiokafka_options
from contracts.broker_errors import told
from contracts.metrics import control_log as metrics
from control.entry import LoggedEntry
from control.envelope import MAX_ENVELOPE, unseal
from control.errors import CAUSES, ControlLogUnavailable, ControlRefused
from control.keys import ControlKey
from control.snapshot import Snapshot
from control.together import changes_of

log = logging.getLogger(__name__)

POLL_MS = 500  # the longest wait of one fetch, in ms
RETRY_S = 0.5  # seconds between attempts to reach the broker
FETCH_BYTES = 2 * MAX_ENVELOPE  # a detector is 16 KB, so one fetch brings hundreds; a base fits whole

OnChange = Callable[[Snapshot], None]


class ControlLog:
    """Follows the control log in the background.

    Args:
        broker: The cluster and how to connect to it.
        topic: Topic of the control log; its only partition is 0.
        key: Key that entries must be signed with.

    Attributes:
        current: What is in force.
        on_change: Callbacks, called in the event loop right after a swap. They must be short.
        refused: Refused records by cause.
    """

    def __init__(self, broker: Broker, topic: str, key: ControlKey) -> None:
        self._broker = broker
        self._partition = TopicPartition(topic, 0)
        self._key = key
        self._next = 0
        self._problem = ""
        self._caught_up = asyncio.Event()
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.current = Snapshot()
        self.on_change: list[OnChange] = []
        self.refused: Counter[str] = Counter()
        for cause in CAUSES:  # a rate needs two samples, so each counter starts at 0 before any refusal
            metrics.CONTROL_REFUSED.labels(cause)

    @property
    def offset(self) -> int:
        """Control offset in force; -1 before the first entry."""
        return self.current.offset

    async def start(self, *, timeout_s: float = 60.0) -> None:
        """Start following, and wait until all that the topic held at the start is applied.

        Args:
            timeout_s: Seconds to wait; after them the reader is stopped.

        Raises:
            ControlLogUnavailable: The topic could not be read within `timeout_s`.
            Exception: An unexpected error that ended the background task, unchanged.
        """
        self._task = asyncio.create_task(self._follow(), name="control log")
        caught_up = asyncio.create_task(self._caught_up.wait())
        either, first = {self._task, caught_up}, asyncio.FIRST_COMPLETED
        try:
            done, _ = await asyncio.wait(either, timeout=timeout_s, return_when=first)
        finally:
            caught_up.cancel()
        if self._task in done:
            self._task.result()  # raises the error that ended the task
        if not done:
            await self.stop()
            topic = self._partition.topic
            raise ControlLogUnavailable(
                f"topic {topic!r} at {self._broker.bootstrap} could not be read within {timeout_s:g} s"
                + (f": {self._problem}" if self._problem else "")
            )

    async def failed(self) -> None:
        """Wait for the background task and raise the unexpected error that ends it.

        Await it beside other work: an error in a task that nothing awaits is not reported.
        """
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        """Stop following; `current` keeps its value."""
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
        warned = False
        while True:
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                if not warned:
                    log.warning(
                        "control log: the broker at %s does not answer (%s), trying again",
                        self._broker.bootstrap,
                        told(error),
                    )
                warned, self._problem = True, told(error)
                await asyncio.sleep(RETRY_S)
            else:
                warned = False

    async def _read(self) -> None:
        """Read from the next offset on, until the connection fails."""
        consumer = AIOKafkaConsumer(
            **aiokafka_options(self._broker),
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
                # The position also passes offsets without records: compaction, transaction markers.
                self._next = max(self._next, await consumer.position(self._partition))
                if self._next >= end:
                    self._caught_up.set()
                await self._poll(consumer)
        finally:
            await consumer.stop()

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        batches = await consumer.getmany(self._partition, timeout_ms=POLL_MS)
        records = batches.get(self._partition, [])
        if records:
            self._next = records[-1].offset + 1
        # Once caught up, each change is applied by itself. Before, nothing scores under those between.
        for some in changes_of(records) if self._caught_up.is_set() else [records]:
            self._apply(some)
        async with self._changed:
            self._changed.notify_all()

    def _apply(self, records: Sequence[ConsumerRecord]) -> None:
        """Apply records of the topic, and make what is in force after all of them current."""
        entries = []
        for record in records:
            try:
                entries.append(LoggedEntry(unseal(record.value, record.key, self._key), record.offset))
            except ControlRefused as refusal:
                self._refuse(record.offset, refusal)
        if not entries:
            return
        folded = self.current.fold(entries)
        for one in folded.refused:
            self._refuse(one.logged.offset, one.refusal)
        if folded.snapshot is not self.current:
            self._make_current(folded.snapshot, entries)

    def _make_current(self, changed: Snapshot, entries: Sequence[LoggedEntry]) -> None:
        self.current = changed
        applied = [one.entry for one in entries if self._has_applied(one)]
        for entry in applied:
            metrics.CONTROL_APPLIED.labels(entry.kind).inc()
            if self._caught_up.is_set():
                metrics.CONTROL_APPLY_SECONDS.observe(max(0.0, time.time() - entry.time))
        metrics.CONTROL_OFFSET.set(changed.offset)
        metrics.DETECTORS_LIVE.set(len(changed.detectors))
        for callback in self.on_change:
            callback(changed)

    def _has_applied(self, one: LoggedEntry) -> bool:
        found = self.current.applied.get(one.entry.key)
        return found is not None and found.offset == one.offset

    def _refuse(self, offset: int, refusal: ControlRefused) -> None:
        self.refused[refusal.cause] += 1
        metrics.CONTROL_REFUSED.labels(refusal.cause).inc()
        log.error("control log: record at offset %d refused as %s: %s", offset, refusal.cause, refusal)
