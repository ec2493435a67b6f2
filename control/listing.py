"""Lists the last entry of every key without loading its parts."""

from __future__ import annotations

import time

from kafka import KafkaConsumer, TopicPartition

from contracts.broker import Broker, kafka_python_options
from contracts.outage import RECONNECT
from control.entry import LoggedEntry
from control.envelope import MAX_ENVELOPE, unseal
from control.errors import ControlRefused
from control.keys import ControlKey


def list_entries(
    broker: Broker, topic: str, key: ControlKey, *, timeout_s: float = 10.0
) -> dict[bytes, LoggedEntry]:
    """Read the control log and verify its entries.

    Args:
        broker: The cluster and how to connect to it.
        topic: Topic of the control log.
        key: Key that entries must be signed with.
        timeout_s: Seconds after which reading stops, even before the end of the topic.

    Returns:
        The last entry of every key, retired ones too, by record key, in the order of the log.
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


def _read(
    consumer: KafkaConsumer, partition: TopicPartition, key: ControlKey, deadline: float
) -> dict[bytes, LoggedEntry]:
    end: int = consumer.end_offsets([partition])[partition]
    found: dict[bytes, LoggedEntry] = {}
    while consumer.position(partition) < end and time.monotonic() < deadline:
        for record in consumer.poll(timeout_ms=100).get(partition, ()):
            try:
                entry = unseal(record.value, record.key, key)
            except ControlRefused:
                continue
            before = found.get(entry.key)
            if before is None or entry.sequence > before.entry.sequence:
                # Remove it first: a dictionary keeps the order of first insertion.
                found.pop(entry.key, None)
                found[entry.key] = LoggedEntry(entry, record.offset)
    return found
