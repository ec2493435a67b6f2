"""Signs the entries of the control log again with the present key, so that an earlier key can be retired.

An entry that is signed again keeps content, author, reason, time and place: nothing in force changes, and
workers score the same to the bit before, while and after.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from contracts.broker import Broker, kafka_python_options
from contracts.outage import RECONNECT
from control.entry import Entry
from control.envelope import MAX_ENVELOPE, key_id_of, seal, unseal
from control.errors import ControlLogUnavailable, ControlRefused
from control.keys import ControlKey

READ_WITHIN_S, STORED_WITHIN_S = 60.0, 30.0


@dataclass(frozen=True)
class SignedEntry:
    """The last entry of a key, its control offset, and the id of the key that signed it (None: no id)."""

    entry: Entry
    offset: int
    signed_by: str | None


def signed_entries(broker: Broker, topic: str, key: ControlKey) -> list[SignedEntry]:
    """Read the last entry of every key, retired ones too, in the order of the log.

    Args:
        broker: The cluster and how to connect to it.
        topic: Topic of the control log.
        key: Verifies the entries; others are left out.

    Returns:
        The entries.

    Raises:
        ControlLogUnavailable: The log cannot be read within a minute.
    """
    found: dict[bytes, SignedEntry] = {}
    for value, record_key, offset in _records(broker, topic):
        try:
            entry = unseal(value, record_key, key)
        except ControlRefused:
            continue
        before = found.get(entry.key)
        if before is None or entry.sequence > before.entry.sequence:
            found[entry.key] = SignedEntry(entry, offset, key_id_of(value))
    return sorted(found.values(), key=lambda one: one.offset)


def sign_again(broker: Broker, topic: str, key: ControlKey) -> int:
    """Sign every entry again that another key than the signer of `key` has signed.

    1. Read the log.  2. Send each such entry with the next sequence, and wait until the broker has all.
    A stop during 2 leaves some entries under the old key; repeating the call continues. An entry that is
    announced meanwhile has a later sequence or refuses ours as a replay, so it stays in force.

    Args:
        broker: The cluster and how to connect to it.
        topic: Topic of the control log.
        key: Verifies all keys, and signs with the new one.

    Returns:
        Number of entries.

    Raises:
        ControlLogUnavailable: The broker does not answer.
        UnusableKey: `key` cannot sign.
    """
    due = [one for one in signed_entries(broker, topic, key) if one.signed_by != key.id]
    producer = KafkaProducer(
        **kafka_python_options(broker), acks="all", max_request_size=2 * MAX_ENVELOPE, **RECONNECT
    )
    try:
        sent = []
        for one in due:
            place = one.offset if one.entry.place is None else one.entry.place
            # One above the old sequence, and not the time: an entry that is announced meanwhile is above it.
            again = replace(one.entry, place=place, sequence=one.entry.sequence + 1)
            sent.append(producer.send(topic, seal(again, key), key=again.key, partition=0))
        for future in sent:
            future.get(timeout=STORED_WITHIN_S)
    except KafkaError as error:
        raise ControlLogUnavailable(f"topic {topic}: {error}") from error
    finally:
        producer.close(timeout=1)
    return len(due)


def _records(broker: Broker, topic: str) -> Iterator[tuple[bytes, bytes | None, int]]:
    try:
        consumer = KafkaConsumer(
            **kafka_python_options(broker),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=2 * MAX_ENVELOPE,
            **RECONNECT,
        )
    except KafkaError as error:
        raise ControlLogUnavailable(f"topic {topic}: {error}") from error
    partition, deadline = TopicPartition(topic, 0), time.monotonic() + READ_WITHIN_S
    try:
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end: int = consumer.end_offsets([partition])[partition]
        while consumer.position(partition) < end:
            if time.monotonic() > deadline:
                raise ControlLogUnavailable(f"{topic} could not be read within {READ_WITHIN_S:g} s")
            for record in consumer.poll(timeout_ms=100).get(partition, ()):
                yield record.value or b"", record.key, record.offset
    except KafkaError as error:
        raise ControlLogUnavailable(f"topic {topic}: {error}") from error
    finally:
        consumer.close()
