"""Reads from `shadow-alerts` which entities live rules would add to named lists."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from contracts.broker import Broker, kafka_python_options
from contracts.broker_errors import is_missing_right, told
from contracts.outage import RECONNECT
from contracts.shadow_alert import ShadowAlert
from contracts.undecodable import UNDECODABLE
from rules.definition import RULE_PREFIX

log = logging.getLogger(__name__)

SESSION_MS = 10_000
POLL_MS = 10
REFUSED_S = 60.0
"""Seconds until a reader that lacks the right tries again."""
MOST_RECORDS = 2_000
"""Records of one poll; most of them are alerts on trial, which are skipped."""
Place = tuple[int, int]
"""Partition and offset of a record."""


@dataclass(frozen=True)
class Hit:
    """A transaction whose entity a live rule adds to a list.

    Attributes:
        rule: Id of the rule.
        name: Name of the list.
        key: Id of the entity.
        at: Event time of the transaction, seconds since 1970.
        place: Where the record lies.
    """

    rule: str
    name: str
    key: str
    at: float
    place: Place = (0, 0)


def read_hit(value: bytes | None, place: Place = (0, 0)) -> Hit | None:
    """Return the hit of a record; None where the record is of something on trial, or cannot be read."""
    try:
        one = msgspec.json.decode(value or b"", type=ShadowAlert)
    except UNDECODABLE:
        return None  # the recorder counts and logs it
    if not one.to_list or not one.key:
        return None
    return Hit(one.shadow.removeprefix(RULE_PREFIX), one.to_list, one.key, one.event_time, place)


class HitReader:
    """A consumer whose offsets are committed by who handles the hits.

    Args:
        broker: the cluster and how to connect to it.
        topic: name of the topic `shadow-alerts`.
        group: consumer group.
    """

    def __init__(self, broker: Broker, topic: str, group: str) -> None:
        self._topic, self._ends = topic, dict[int, int]()
        self._consumer = KafkaConsumer(
            **kafka_python_options(broker),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=SESSION_MS,
            max_poll_records=MOST_RECORDS,
            **RECONNECT,
        )
        self._refused_at: float | None = None
        with self._without_right():
            # As for `feedback`: a member that knows no partitions yet is assigned none.
            self._consumer.partitions_for_topic(topic)
        self._consumer.subscribe([topic])

    def poll(self) -> list[Hit]:
        """Return the hits that have come; waits for 10 ms at most. Without the right to read, none come."""
        found, polled = list[Hit](), dict[TopicPartition, list[Any]]()
        if self._refused_at is None or time.monotonic() - self._refused_at > REFUSED_S:
            with self._without_right():
                polled = self._consumer.poll(timeout_ms=POLL_MS)
        for partition, records in polled.items():
            for record in records:
                hit = read_hit(record.value, (partition.partition, record.offset))
                found += [hit] if hit is not None else []
            self._ends[partition.partition] = records[-1].offset + 1
        return found

    def commit(self, waiting: Mapping[int, int]) -> None:
        """Commit what was read, by partition only up to the first offset that still waits."""
        if not self._ends:
            return
        offsets = {one: min(end, waiting.get(one, end)) for one, end in self._ends.items()}
        try:
            self._consumer.commit(
                {TopicPartition(self._topic, p): OffsetAndMetadata(at, "", -1) for p, at in offsets.items()}
            )
        except KafkaError as error:
            # They are read again, and are on their lists already.
            log.info("adapter: offsets of %s were not committed: %s", self._topic, error)
        self._ends = {one: end for one, end in self._ends.items() if offsets[one] < end}

    @contextmanager
    def _without_right(self) -> Iterator[None]:
        """Log that the cluster refuses to let this process read: all else of the worker goes on."""
        try:
            yield
        except KafkaError as error:
            if not is_missing_right(error):
                raise
            self._refused_at = time.monotonic()
            log.error("adapter: rules add nothing to lists: %s; see `flagfive acls adapter`", told(error))

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close(autocommit=False, timeout_ms=1_000)
