"""Writes stored entries to an empty control log, byte for byte as they were signed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from contracts.broker import Broker, kafka_python_options
from contracts.outage import RECONNECT
from control.announce import ACKNOWLEDGED_WITHIN_S
from control.envelope import MAX_ENVELOPE, unseal
from control.errors import ControlLogUnavailable, ControlRefused
from control.keys import ControlKey


class TopicNotEmpty(ValueError):
    """The control log holds records already."""


@dataclass(frozen=True)
class Sealed:
    """A stored entry: the key of its record, its signed bytes, and its control offset."""

    key: bytes
    value: bytes
    offset: int


@dataclass(frozen=True)
class Restored:
    """How many entries were written, and how many were left out since they do not verify."""

    entries: int
    left_out: int


def write_entries(broker: Broker, topic: str, key: ControlKey, stored: Iterable[Sealed]) -> Restored:
    """Write entries to an empty topic, in the order of the changes that they are.

    An entry that was signed again stands where the entry that it repeats stood.

    A stop in between leaves some entries on the topic; delete and create it, and begin again.

    Args:
        broker: the cluster and how to connect to it.
        topic: topic of the control log.
        key: key that entries must be signed with.
        stored: the last entry of each key.

    Raises:
        TopicNotEmpty: the topic holds records already.
        ControlLogUnavailable: the broker does not answer, or does not take an entry.
    """
    try:
        _require_empty(broker, topic)
        return _write(broker, topic, key, stored)
    except KafkaError as error:
        raise ControlLogUnavailable(f"topic {topic}: {error}") from error


def _require_empty(broker: Broker, topic: str) -> None:
    consumer = KafkaConsumer(**kafka_python_options(broker), enable_auto_commit=False, **RECONNECT)
    try:
        partition = TopicPartition(topic, 0)
        begin = consumer.beginning_offsets([partition])[partition]
        end = consumer.end_offsets([partition])[partition]
    finally:
        consumer.close()
    if end > begin:
        raise TopicNotEmpty(f"topic {topic!r} holds records up to offset {end}; an empty one is needed")


def _write(broker: Broker, topic: str, key: ControlKey, stored: Iterable[Sealed]) -> Restored:
    placed, left_out = list[tuple[int, Sealed]](), 0
    for one in stored:
        try:
            entry = unseal(one.value, one.key, key)
        except ControlRefused:
            left_out += 1
            continue
        placed.append((one.offset if entry.place is None else entry.place, one))
    producer = KafkaProducer(
        **kafka_python_options(broker), acks="all", max_request_size=2 * MAX_ENVELOPE, **RECONNECT
    )
    try:
        for _, one in sorted(placed, key=lambda pair: pair[0]):
            producer.send(topic, one.value, key=one.key, partition=0).get(timeout=ACKNOWLEDGED_WITHIN_S)
    finally:
        producer.close(timeout=1)
    return Restored(len(placed), left_out)
