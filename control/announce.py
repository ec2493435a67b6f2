"""Adds entries to the control log: signed, acknowledged by the broker, answered with their offset."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from contracts.outage import RECONNECT
from control.change import Change
from control.entry import LoggedEntry
from control.envelope import MAX_ENVELOPE, seal, unseal
from control.errors import ControlLogUnavailable, ControlRefused
from control.keys import ControlKey
from control.snapshot import Snapshot

log = logging.getLogger(__name__)

ACKNOWLEDGED_WITHIN_S = 30.0


class Announcer:
    """Signs and publishes; keeps its own view of the log, to sign above what is there.

    It sees what is in force (`current`) with `refresh`, which reads what was added since.
    """

    def __init__(
        self, bootstrap: str, topic: str, key: ControlKey, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.key = key
        self._topic, self._clock = topic, clock
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap,
                acks="all",
                linger_ms=0,
                max_request_size=2 * MAX_ENVELOPE,
                **RECONNECT,
            )
            self._consumer = KafkaConsumer(
                bootstrap_servers=bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=2 * MAX_ENVELOPE,
                **RECONNECT,
            )
        except KafkaError as error:
            raise ControlLogUnavailable(f"the broker at {bootstrap} does not answer: {error}") from error
        self._partition = TopicPartition(topic, 0)
        self._consumer.assign([self._partition])
        self._consumer.seek_to_beginning(self._partition)
        self.current = Snapshot()

    def refresh(self, *, timeout_s: float = 10.0) -> Snapshot:
        """What is in force by all that the log holds now. Raises ControlLogUnavailable."""
        deadline = time.monotonic() + timeout_s
        try:
            end = self._consumer.end_offsets([self._partition])[self._partition]
            while self._consumer.position(self._partition) < end:
                if time.monotonic() > deadline:
                    raise ControlLogUnavailable(f"{self._topic} could not be read within {timeout_s:g} s")
                self._take(self._consumer.poll(timeout_ms=100))
        except KafkaError as error:
            raise ControlLogUnavailable(f"topic {self._topic}: {error}") from error
        return self.current

    def announce(self, *changes: Change) -> LoggedEntry:
        """Publish `changes` in their order; returns the last, once every in-sync copy of the broker has them
        and workers will take them. A key may stand among them once.

        Raises a ControlRefused where workers would refuse one, and then none is sent; ControlLogUnavailable
        where the broker does not answer. Entries may then be there or not, and announcing the changes again
        is harmless, since an entry replaces the one of its key.
        """
        while True:
            announced = self._send(changes)
            applied = self.refresh().applied
            overtaken = [a for a in announced if applied[a.entry.key].entry.sequence > a.entry.sequence]
            if not overtaken:
                return announced[-1]
            # Another announcer signed later and was faster on the way: workers refuse ours as a replay.
            key = overtaken[0].entry.key.decode()
            log.info("control log: %s was overtaken, announcing it again", key)

    def _send(self, changes: Sequence[Change]) -> list[LoggedEntry]:
        entries, trial = [], self.current
        for change in changes:
            now = self._clock()
            entry = change.entry(sequence=0, time=now)
            entry = replace(entry, sequence=self.current.next_sequence(entry.key, now))
            # Tried out before anything is sent; the snapshot that comes out is not needed.
            trial = trial.apply(entry, trial.offset + 1)
            entries.append(entry)
        try:
            sent = [
                self._producer.send(self._topic, seal(entry, self.key), key=entry.key, partition=0)
                for entry in entries
            ]
            offsets = [one.get(timeout=ACKNOWLEDGED_WITHIN_S).offset for one in sent]
        except KafkaError as error:
            raise ControlLogUnavailable(f"topic {self._topic}: {error}") from error
        return [LoggedEntry(entry, offset) for entry, offset in zip(entries, offsets, strict=True)]

    def close(self) -> None:
        """Leave the broker."""
        self._producer.close(timeout=1)
        self._consumer.close()

    def _take(self, batches: Mapping[TopicPartition, list[Any]]) -> None:
        for record in batches.get(self._partition, ()):
            try:
                self.current = self.current.apply(unseal(record.value, record.key, self.key), record.offset)
            except ControlRefused as refusal:
                log.warning("control log: record at offset %d is refused: %s", record.offset, refusal)
