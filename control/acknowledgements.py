"""Which partitions score under which control offset: workers publish it, other processes read it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

import msgspec
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, TopicPartition

from contracts.acknowledgement import Acknowledgement
from contracts.broker import Broker, kafka_python_options
from contracts.metrics import trust as metrics
from contracts.outage import RECONNECT
from contracts.signing.principals import ACKNOWLEDGE
from contracts.signing.trust import Headers, Trust, Untrusted
from contracts.undecodable import UNDECODABLE

log = logging.getLogger(__name__)


async def acknowledge(producer: AIOKafkaProducer, topic: str, ack: Acknowledgement, trust: Trust) -> None:
    """Sign and publish `ack` with the worker's own producer, outside any transaction."""
    key, value = ack.worker.encode(), msgspec.json.encode(ack)
    await producer.send_and_wait(topic, value, key=key, headers=trust.signed(topic, key, value))


@dataclass(frozen=True)
class Progress:
    """On how many partitions a control offset is in force.

    Attributes:
        live: Partitions on which it is in force.
        partitions: All partitions.
        at: When the last of the live ones acknowledged, seconds since 1970 by its worker's clock.
    """

    live: int
    partitions: int
    at: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every partition scores under the offset or a later one."""
        return self.live >= self.partitions

    def __str__(self) -> str:
        return f"live on {self.live} of {self.partitions} partitions"


@dataclass
class AckTable:
    """The newest acknowledgement of every partition.

    Attributes:
        partitions: Partitions of the transactions.
        topic: Topic of acknowledgements.
        trust: Whose acknowledgements count.
    """

    partitions: int
    topic: str
    trust: Trust
    newest: dict[int, Acknowledgement] = field(default_factory=dict)

    def add(self, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Add a record of the topic; one that no worker has signed is counted and ignored."""
        try:
            self.trust.require(ACKNOWLEDGE, self.topic, key, value, headers)
            ack = msgspec.json.decode(value or b"", type=Acknowledgement)
        except Untrusted as refusal:
            metrics.UNTRUSTED.labels(metrics.ACKNOWLEDGEMENT, refusal.cause).inc()
            log.warning("acknowledgement on %s is ignored: %s", self.topic, refusal)
            return
        except UNDECODABLE:
            return
        for partition in ack.partitions:
            known = self.newest.get(partition)
            if known is None or ack.time >= known.time:
                self.newest[partition] = ack

    def progress(self, offset: int) -> Progress:
        """Return on how many partitions `offset` is in force."""
        reached = [a.time for p, a in self.newest.items() if p < self.partitions and a.offset >= offset]
        return Progress(len(reached), self.partitions, max(reached, default=0.0))


class AckWatch:
    """Follows the topic of acknowledgements.

    Args:
        broker: The cluster and how to connect to it.
        topic: Topic of acknowledgements; its only partition is 0.
        partitions: Partitions of the transactions.
        trust: Whose acknowledgements count.
        whole: Read the topic from its beginning. Without it the watch starts at the end, and partitions that
            acknowledged earlier are unknown: open the watch before announcing.
    """

    def __init__(
        self, broker: Broker, topic: str, partitions: int, trust: Trust, *, whole: bool = False
    ) -> None:
        self._consumer = KafkaConsumer(
            **kafka_python_options(broker),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **RECONNECT,
        )
        self._partition = TopicPartition(topic, 0)
        self._consumer.assign([self._partition])
        if whole:
            self._consumer.seek_to_beginning(self._partition)
        else:
            self._consumer.seek_to_end(self._partition)
        # The seek takes effect at the first call of `position` or `poll`: acknowledgements before are lost.
        self._consumer.position(self._partition)
        self.table = AckTable(partitions, topic, trust)

    def wait(self, offset: int, *, timeout_s: float) -> Progress:
        """Wait until `offset` is in force on every partition, at most `timeout_s`; return the progress."""
        deadline = time.monotonic() + timeout_s
        while not (progress := self.table.progress(offset)).complete:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.poll(min(left, 0.2))
        return progress

    def poll(self, timeout_s: float = 0.0) -> None:
        """Add the records that have arrived, waiting at most `timeout_s` for the first."""
        for records in self._consumer.poll(timeout_ms=int(timeout_s * 1000)).values():
            for record in records:
                self.table.add(record.key, record.value, record.headers)

    def catch_up(self, *, timeout_s: float = 10.0) -> None:
        """Add all records that the topic holds now, as far as `timeout_s` allows."""
        end: int = self._consumer.end_offsets([self._partition])[self._partition]
        deadline = time.monotonic() + timeout_s
        while self._consumer.position(self._partition) < end and time.monotonic() < deadline:
            self.poll(0.2)

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()


def read_acks(broker: Broker, topic: str, partitions: int, trust: Trust) -> AckTable:
    """Read the whole topic and return the newest acknowledgement of every partition."""
    watch = AckWatch(broker, topic, partitions, trust, whole=True)
    try:
        watch.catch_up()
    finally:
        watch.close()
    return watch.table
