"""Lists the entries of the control log, as workers take or refuse them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from contracts.broker import Broker, kafka_python_options
from contracts.outage import RECONNECT
from control.entry import LoggedEntry
from control.envelope import MAX_ENVELOPE, unseal
from control.errors import ControlRefused
from control.keys import ControlKey
from control.snapshot import Snapshot


@dataclass(frozen=True)
class Listing:
    """The control log as workers read it.

    Attributes:
        entries: The last entry of every key, retired ones too, by record key, in the order of the log.
        refused: Reason for each record that changes nothing, by offset.
    """

    entries: dict[bytes, LoggedEntry]
    refused: dict[int, str]


def list_entries(broker: Broker, topic: str, key: ControlKey, *, timeout_s: float = 10.0) -> Listing:
    """Read the control log, and verify and check its entries as workers do.

    Args:
        broker: The cluster and how to connect to it.
        topic: Topic of the control log.
        key: Key that entries must be signed with.
        timeout_s: Seconds after which reading stops, even before the end of the topic.

    Returns:
        What the log holds up to then.
    """
    consumer = KafkaConsumer(
        **kafka_python_options(broker),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=2 * MAX_ENVELOPE,
        **RECONNECT,
    )
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    try:
        return _read(consumer, partition, key, time.monotonic() + timeout_s)
    finally:
        consumer.close()


def _read(consumer: KafkaConsumer, partition: TopicPartition, key: ControlKey, deadline: float) -> Listing:
    end: int = consumer.end_offsets([partition])[partition]
    found, refused = list[LoggedEntry](), dict[int, str]()
    while consumer.position(partition) < end and time.monotonic() < deadline:
        for record in consumer.poll(timeout_ms=100).get(partition, ()):
            try:
                found.append(LoggedEntry(unseal(record.value, record.key, key), record.offset))
            except ControlRefused as refusal:
                refused[record.offset] = f"{refusal.cause}: {refusal}"
    folded = Snapshot().fold(found)
    refused |= {one.logged.offset: f"{one.refusal.cause}: {one.refusal}" for one in folded.refused}
    held = sorted(folded.snapshot.applied.values(), key=lambda applied: applied.offset)
    return Listing({one.entry.key: LoggedEntry(one.entry, one.offset) for one in held}, refused)
