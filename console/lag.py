"""Reads the lag of the scorers from the broker, on demand and without a long wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError

from contracts.broker import kafka_python_options
from contracts.consumer_lag import PartitionLag, ends_of, lags_of
from contracts.outage import RECONNECT
from settings import Settings

log = logging.getLogger(__name__)

FRESH_S = 2.0
"""Seconds that an answer is reused."""
PATIENCE_S = 0.5
"""Seconds that a page waits for an answer; it does not wait if the last reading failed."""
REQUEST_MS = 3_000


@dataclass(frozen=True)
class LagNow:
    """Committed offset of the scoring group and end offset, by partition.

    `read_at` is None before the first answer of the broker; `problem` says why the figures are not current.
    """

    committed: Mapping[int, int] = field(default_factory=dict)
    ends: Mapping[int, int] = field(default_factory=dict)
    read_at: float | None = None
    problem: str = ""


class Lag(Protocol):
    """The source of the lag, as services use it."""

    def now(self) -> LagNow:
        """Return the latest reading, within `PATIENCE_S` seconds."""


class KafkaLag:
    """Reads in a thread that lives for one reading, so that nothing runs while no page is open.

    While the broker is away, only that thread waits; pages show the last reading and the problem.
    """

    def __init__(self, settings: Settings) -> None:
        self._broker, self._group = settings.broker, settings.stream.group
        topics = settings.topics
        self._partitions = [TopicPartition(topics.transactions, n) for n in range(topics.partitions)]
        self._lock = threading.Lock()
        self._reading: threading.Thread | None = None
        self._last, self._tried_at = LagNow(), -FRESH_S

    def now(self) -> LagNow:
        """Start a reading if the last one is older than `FRESH_S`; one reading runs at a time."""
        with self._lock:
            if self._reading is None and time.monotonic() - self._tried_at >= FRESH_S:
                # A daemon thread: a broker that never answers must not delay the end of the console.
                self._reading = threading.Thread(target=self._read, name="lag", daemon=True)
                self._reading.start()
            reading = self._reading
        if reading is not None and not self._last.problem:
            reading.join(PATIENCE_S)
        return self._last

    def _read(self) -> None:
        try:
            found = self._ask()
        except KafkaError as error:
            log.debug("no lag from the broker at %s: %s", self._broker.bootstrap, error)
            before = self._last
            found = LagNow(before.committed, before.ends, before.read_at, "the broker does not answer")
        with self._lock:
            self._last, self._tried_at, self._reading = found, time.monotonic(), None

    def _ask(self) -> LagNow:
        admin = KafkaAdminClient(
            **kafka_python_options(self._broker), request_timeout_ms=REQUEST_MS, **RECONNECT
        )
        try:
            ends = ends_of(admin, self._partitions)
            lags = lags_of(admin, [self._group], ends)
        finally:
            admin.close()
        return LagNow(_committed(lags), {one.partition: end for one, end in ends.items()}, time.time())


def _committed(lags: list[PartitionLag]) -> dict[int, int]:
    return {one.partition: one.committed for one in lags}
