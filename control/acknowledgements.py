"""Which partitions are live on which control offset: workers say so, the others watch."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import msgspec
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, TopicPartition

from contracts.acknowledgement import Acknowledgement
from contracts.outage import RECONNECT


async def acknowledge(producer: AIOKafkaProducer, topic: str, ack: Acknowledgement) -> None:
    """Publish `ack`; the producer is the worker's own and needs no transaction."""
    await producer.send_and_wait(topic, msgspec.json.encode(ack), key=ack.worker.encode())


@dataclass(frozen=True)
class Progress:
    """On how many partitions an offset is in force."""

    live: int
    partitions: int
    at: float = 0.0
    """When the last of them acknowledged, by its worker's clock."""

    @property
    def complete(self) -> bool:
        """Whether every partition scores under it or under a later one."""
        return self.live >= self.partitions

    def __str__(self) -> str:
        return f"live on {self.live} of {self.partitions} partitions"


@dataclass
class AckTable:
    """The newest acknowledgement of every partition."""

    partitions: int
    newest: dict[int, Acknowledgement] = field(default_factory=dict)

    def add(self, value: bytes) -> None:
        """Take in a record of the topic; what is not readable as an Acknowledgement is left out."""
        try:
            ack = msgspec.json.decode(value, type=Acknowledgement)
        except msgspec.DecodeError:
            return
        for partition in ack.partitions:
            known = self.newest.get(partition)
            if known is None or ack.time >= known.time:
                self.newest[partition] = ack

    def progress(self, offset: int) -> Progress:
        """On how many partitions `offset` is in force."""
        reached = [a.time for p, a in self.newest.items() if p < self.partitions and a.offset >= offset]
        return Progress(len(reached), self.partitions, max(reached, default=0.0))


class AckWatch:
    """Follows the acknowledgements: from where the topic ends when it is opened, or the `whole` topic.

    Without the whole, partitions that acknowledged earlier are unknown, so open it before announcing.
    """

    def __init__(self, bootstrap: str, topic: str, partitions: int, *, whole: bool = False) -> None:
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", **RECONNECT
        )
        self._partition = TopicPartition(topic, 0)
        self._consumer.assign([self._partition])
        if whole:
            self._consumer.seek_to_beginning(self._partition)
        else:
            self._consumer.seek_to_end(self._partition)
        # The position is fixed now, not at the first poll, or acks in between would be missed.
        self._consumer.position(self._partition)
        self.table = AckTable(partitions)

    def wait(self, offset: int, *, timeout_s: float) -> Progress:
        """Return once `offset` is in force on every partition, or what was reached when the time was over."""
        deadline = time.monotonic() + timeout_s
        while not (progress := self.table.progress(offset)).complete:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.poll(min(left, 0.2))
        return progress

    def poll(self, timeout_s: float = 0.0) -> None:
        """Take in what has arrived."""
        for records in self._consumer.poll(timeout_ms=int(timeout_s * 1000)).values():
            for record in records:
                self.table.add(record.value or b"")

    def catch_up(self, *, timeout_s: float = 10.0) -> None:
        """Take in all that the topic holds now, or what comes within the time."""
        end: int = self._consumer.end_offsets([self._partition])[self._partition]
        deadline = time.monotonic() + timeout_s
        while self._consumer.position(self._partition) < end and time.monotonic() < deadline:
            self.poll(0.2)

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()


def read_acks(bootstrap: str, topic: str, partitions: int) -> AckTable:
    """The newest acknowledgement of every partition, from the whole topic as it stands."""
    watch = AckWatch(bootstrap, topic, partitions, whole=True)
    try:
        watch.catch_up()
    finally:
        watch.close()
    return watch.table
