"""Signs entries and adds them to the control log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from contracts.broker import Broker, kafka_python_options
from contracts.broker_errors import told
from contracts.card_numbers import mask_card_numbers
from contracts.outage import RECONNECT
from control.change import Change
from control.entry import Entry, LoggedEntry
from control.envelope import MAX_ENVELOPE, seal, unseal
from control.errors import ControlLogUnavailable, ControlRefused
from control.keys import ControlKey
from control.snapshot import Snapshot
from control.together import TOGETHER_BYTES, batches_of, header_of

log = logging.getLogger(__name__)

_LINGER_MS = 30_000  # a batch is sent by `flush`, once it is whole
ACKNOWLEDGED_WITHIN_S = 30.0  # seconds for the broker to acknowledge one entry


class Announcer:
    """Signs and publishes entries.

    It keeps its own view of the log (`current`, updated by `refresh`), so that a new entry gets a sequence
    above those on the log.

    Args:
        broker: The cluster and how to connect to it.
        topic: Topic of the control log; its only partition is 0.
        key: Key that signs.
        clock: Seconds since 1970.

    Raises:
        ControlLogUnavailable: The broker does not answer.
    """

    def __init__(
        self, broker: Broker, topic: str, key: ControlKey, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.key = key
        self._topic, self._clock = topic, clock
        try:
            self._producer = KafkaProducer(
                **kafka_python_options(broker),
                acks="all",
                linger_ms=0,
                max_request_size=2 * MAX_ENVELOPE,
                **RECONNECT,
            )
            self._consumer = KafkaConsumer(
                **kafka_python_options(broker),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=2 * MAX_ENVELOPE,
                **RECONNECT,
            )
        except KafkaError as error:
            raise ControlLogUnavailable(
                f"the broker at {broker.bootstrap} does not answer: {error}"
            ) from error
        self._together: KafkaProducer | None = None
        self._broker = broker
        self._partition = TopicPartition(topic, 0)
        self._consumer.assign([self._partition])
        self._consumer.seek_to_beginning(self._partition)
        self.current = Snapshot()

    def refresh(self, *, timeout_s: float = 10.0) -> Snapshot:
        """Read what was added to the log and return what is in force now.

        Raises:
            ControlLogUnavailable: The log cannot be read within `timeout_s`.
        """
        deadline = time.monotonic() + timeout_s
        try:
            end = self._consumer.end_offsets([self._partition])[self._partition]
            while self._consumer.position(self._partition) < end:
                if time.monotonic() > deadline:
                    raise ControlLogUnavailable(f"{self._topic} could not be read within {timeout_s:g} s")
                self._take(self._consumer.poll(timeout_ms=100))
        except KafkaError as error:
            raise ControlLogUnavailable(f"topic {self._topic}: {told(error)}") from error
        return self.current

    def announce(self, *changes: Change) -> LoggedEntry:
        """Publish `changes` in their order, and wait until workers will apply them.

        1. Try each change on a snapshot; if workers would refuse one, none is sent.
        2. Sign and send all; wait until every in-sync replica has them. Up to `TOGETHER_BYTES` lie in one
           batch, which the broker stores as a whole, and readers apply its entries together.
        3. Read the log. If another announcer signed the same key later but was written earlier, workers
           refuse our entry as a replay: start again at 1.

        A crash or an unavailable broker during 2 leaves some batches of a longer change on the log.
        Announcing the changes again is harmless, since an entry replaces the one of its key.

        Args:
            *changes: What to change; each key at most once.

        Returns:
            The last entry, and its control offset.

        Raises:
            ControlRefused: Workers would refuse a change.
            ControlLogUnavailable: The broker does not answer.
        """
        while True:
            announced = self._send(changes)
            applied = self.refresh().applied
            overtaken = [a for a in announced if applied[a.entry.key].entry.sequence > a.entry.sequence]
            if not overtaken:
                return announced[-1]
            key = overtaken[0].entry.key.decode()
            log.info("control log: %s was overtaken, announcing it again", key)

    def _send(self, changes: Sequence[Change]) -> list[LoggedEntry]:
        entries, trial = [], self.current
        for change in map(_masked, changes):
            now = self._clock()
            entry = change.entry(sequence=0, time=now)
            entry = replace(entry, sequence=self.current.next_sequence(entry.key, now))
            trial = trial.apply(entry, trial.offset + 1)
            entries.append(entry)
        values = [seal(entry, self.key) for entry in entries]
        try:
            batches = batches_of([len(value) for value in values])
            offsets = [at for batch in batches for at in self._send_batch(entries[batch], values[batch])]
        except KafkaError as error:
            raise ControlLogUnavailable(f"topic {self._topic}: {told(error, 'WRITE')}") from error
        return [LoggedEntry(entry, offset) for entry, offset in zip(entries, offsets, strict=True)]

    def _send_batch(self, entries: Sequence[Entry], values: Sequence[bytes]) -> list[int]:
        """Send records as one batch, and return their offsets once they are stored."""
        producer = self._producer if len(values) == 1 else self._for_batches()
        sent = [
            producer.send(self._topic, value, key=entry.key, partition=0, headers=header_of(left) or None)
            for entry, value, left in zip(entries, values, range(len(values) - 1, -1, -1), strict=True)
        ]
        producer.flush(timeout=ACKNOWLEDGED_WITHIN_S)
        return [one.get(timeout=ACKNOWLEDGED_WITHIN_S).offset for one in sent]

    def _for_batches(self) -> KafkaProducer:
        if self._together is None:
            self._together = KafkaProducer(
                **kafka_python_options(self._broker),
                acks="all",
                linger_ms=_LINGER_MS,
                batch_size=2 * TOGETHER_BYTES,
                max_request_size=2 * MAX_ENVELOPE,
                **RECONNECT,
            )
        return self._together

    def close(self) -> None:
        """Close all connections."""
        self._producer.close(timeout=1)
        if self._together is not None:
            self._together.close(timeout=1)
        self._consumer.close()

    def _take(self, batches: Mapping[TopicPartition, list[Any]]) -> None:
        entries = []
        for record in batches.get(self._partition, ()):
            try:
                entries.append(LoggedEntry(unseal(record.value, record.key, self.key), record.offset))
            except ControlRefused as refusal:
                log.warning("control log: record at offset %d is refused: %s", record.offset, refusal)
        folded = self.current.fold(entries)
        self.current = folded.snapshot
        for one in folded.refused:
            log.warning("control log: record at offset %d is refused: %s", one.logged.offset, one.refusal)


def _masked(change: Change) -> Change:
    """Return the change without card numbers in what people typed: a signed entry cannot be changed later."""
    values = {k: mask_card_numbers(v) if isinstance(v, str) else v for k, v in change.values.items()}
    author, reason = mask_card_numbers(change.author), mask_card_numbers(change.reason)
    return replace(change, author=author, reason=reason, values=values)
