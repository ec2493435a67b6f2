"""Watches the `scored` topic: latency of scores around a swap, and the version of each batch."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from kafka import KafkaConsumer, TopicPartition
from numpy.typing import NDArray

from contracts.broker import Broker, kafka_python_options

POLL_MS = 100
AROUND_MS = 1_000.0


@dataclass(frozen=True)
class Seen:
    """One scored batch: its send time, the latency of its transactions in ms, and its control offsets."""

    partition: int
    sent_ms: float
    took_ms: NDArray[np.float64]
    versions: tuple[int, ...]


class Watch:
    """Follows the topic from its end on in a thread; a context manager."""

    def __init__(self, broker: Broker, topic: str, partitions: int) -> None:
        self._consumer = KafkaConsumer(
            **kafka_python_options(broker), enable_auto_commit=False, isolation_level="read_committed",
            max_partition_fetch_bytes=16 << 20,
        )  # fmt: skip
        places = [TopicPartition(topic, number) for number in range(partitions)]
        self._consumer.assign(places)
        self._consumer.seek_to_end(*places)
        for place in places:
            self._consumer.position(place)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="scored", daemon=True)
        self.seen: list[Seen] = []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._consumer.close()

    def _follow(self) -> None:
        while not self._end.is_set():
            for place, records in self._consumer.poll(timeout_ms=POLL_MS).items():
                self.seen += [_seen(place.partition, record.timestamp, record.value) for record in records]


def _seen(partition: int, sent_ms: float, value: bytes) -> Seen:
    batch = pa.ipc.open_stream(value).read_next_batch()
    versions = tuple(batch.column("control_offset").unique().to_pylist())
    return Seen(partition, sent_ms, sent_ms - 1e3 * batch.column("arrival").to_numpy(), versions)


def mixed(seen: list[Seen]) -> int:
    """Count batches with scores of two versions, or of an older version than an earlier batch's there."""
    newest: dict[int, int] = {}
    wrong = 0
    for batch in seen:
        wrong += len(batch.versions) > 1 or min(batch.versions) < newest.get(batch.partition, -1)
        newest[batch.partition] = max(batch.versions)
    return wrong


Moments = dict[int, float]
"""By partition: when something happened there, in ms."""


def swapped(seen: list[Seen], offset: int) -> Moments:
    """Return when each partition first scored with the version at `offset` or a later one."""
    moments: Moments = {}
    for batch in seen:
        if batch.versions[0] >= offset:
            moments.setdefault(batch.partition, batch.sent_ms)
    return moments


def everywhere(seen: list[Seen], at_ms: float) -> Moments:
    """Return the same moment for all partitions."""
    return {batch.partition: at_ms for batch in seen}


def p99_ratio(seen: list[Seen], moments: Iterable[Moments]) -> float | None:
    """Return p99 latency in the second after `moments` over that before; None if either has no batch."""
    before: list[NDArray[np.float64]] = []
    after: list[NDArray[np.float64]] = []
    for each in moments:
        for batch in seen:
            passed = batch.sent_ms - each.get(batch.partition, np.inf)
            if -AROUND_MS <= passed < 0:
                before.append(batch.took_ms)
            elif 0 <= passed < AROUND_MS:
                after.append(batch.took_ms)
    if not before or not after:
        return None
    return float(np.percentile(np.concatenate(after), 99) / np.percentile(np.concatenate(before), 99))
