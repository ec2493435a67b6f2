"""Reads the scores from Kafka and compares them with the truth of the simulator."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec
from aiokafka import TopicPartition

from contracts.broker import Broker, aiokafka_options
from stream.transport.fetcher import BatchConsumer

_POLL_MS = 100


class ObservedScore(msgspec.Struct):
    """The fields of a score that the demo needs."""

    transaction_id: str
    card_id: str
    decision: str
    scorer: str
    control_offset: int
    partition: int
    offset: int


@dataclass(slots=True)
class Truth:
    """The truth of a payment: its fraud pattern, empty for genuine, and its amount in EUR."""

    family: str
    amount: float


@dataclass(slots=True)
class OutcomeCounts:
    """Counts of one kind of payment."""

    seen: int = 0
    alerted: int = 0
    amount_alerted: float = 0.0

    @property
    def share(self) -> float:
        """Share of the payments that were alerted, 0 to 1; 0 if there were none."""
        return self.alerted / self.seen if self.seen else 0.0

    def add(self, truth: Truth, alerted: bool) -> None:
        """Count one payment."""
        self.seen += 1
        self.alerted += alerted
        self.amount_alerted += truth.amount if alerted else 0.0

    def merge(self, other: "OutcomeCounts") -> None:
        """Add other counts to these."""
        self.seen += other.seen
        self.alerted += other.alerted
        self.amount_alerted += other.amount_alerted


@dataclass(slots=True)
class Outcomes:
    """Counts of the payments scored under one control offset, or under several."""

    pattern: OutcomeCounts = field(default_factory=OutcomeCounts)
    """Payments of the new pattern."""
    known: OutcomeCounts = field(default_factory=OutcomeCounts)
    """Frauds of patterns that the base was trained on."""
    genuine: OutcomeCounts = field(default_factory=OutcomeCounts)

    def merge(self, other: "Outcomes") -> None:
        """Add other counts to these."""
        self.pattern.merge(other.pattern)
        self.known.merge(other.known)
        self.genuine.merge(other.genuine)


@dataclass
class Observer:
    """Counts scores, finds duplicates, and counts outcomes by the control offset of each score."""

    pattern: str
    """Name of the new pattern."""
    truth: dict[str, Truth] = field(default_factory=dict)
    """Truth of live payments, by transaction id; payments of the history have none and are only counted."""
    live_from: int | None = None
    """Control offset from which the new detector is in force; None while unknown."""
    scored: int = 0
    """Transactions scored."""
    doubled: int = 0
    """Scores beyond the first of a transaction."""
    passed: dict[str, dict[str, str]] = field(default_factory=dict)
    """By pattern, the id of the latest payment that was not alerted, by card."""
    notice: Callable[[ObservedScore, Truth], None] | None = None
    """Called with each live payment; the analyst of the demo listens here."""
    _by_offset: dict[int, Outcomes] = field(default_factory=dict)
    _seen: dict[int, set[int]] = field(default_factory=dict)

    @property
    def before(self) -> Outcomes:
        """Outcomes of payments scored before the new detector was in force."""
        return self._merged(lambda offset: self.live_from is None or offset < self.live_from)

    @property
    def after(self) -> Outcomes:
        """Outcomes of payments scored with the new detector."""
        return self._merged(lambda offset: self.live_from is not None and offset >= self.live_from)

    @property
    def missed(self) -> dict[str, str]:
        """Id of the latest payment of the new pattern that was not alerted, by card."""
        return self.passed.setdefault(self.pattern, {})

    def take(self, scores: list[ObservedScore]) -> None:
        """Count scores; they come in the order of their partition."""
        for score in scores:
            seen = self._seen.setdefault(score.partition, set())
            self.doubled += score.offset in seen
            seen.add(score.offset)
            truth = self.truth.get(score.transaction_id)
            if truth is not None:
                self._compare(score, truth)
        self.scored = sum(len(seen) for seen in self._seen.values())

    def _compare(self, score: ObservedScore, truth: Truth) -> None:
        compared = self._by_offset.setdefault(score.control_offset, Outcomes())
        alerted = score.decision != "approve"
        if self.notice is not None:
            self.notice(score, truth)
        if not truth.family:
            compared.genuine.add(truth, alerted)
        elif truth.family != self.pattern:
            compared.known.add(truth, alerted)
        else:
            compared.pattern.add(truth, alerted)
        if truth.family and not alerted:
            self.passed.setdefault(truth.family, {})[score.card_id] = score.transaction_id

    def _merged(self, wanted: Callable[[int], bool]) -> Outcomes:
        merged = Outcomes()
        for offset, compared in self._by_offset.items():
            if wanted(offset):
                merged.merge(compared)
        return merged


async def follow_scores(broker: Broker, topic: str, partitions: int, observer: Observer) -> None:
    """Pass every committed score to an observer until cancelled.

    Args:
        broker: the cluster and how to connect to it.
        topic: topic of the scores.
        partitions: number of its partitions.
        observer: receives the scores.
    """
    consumer = BatchConsumer(
        **aiokafka_options(broker),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        while True:
            for batches in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                for fetched in batches:
                    observer.take(list(_decode(fetched.values.to_list())))
    finally:
        await consumer.stop()


def _decode(values: list[bytes | None]) -> Iterator[ObservedScore]:
    decoder = msgspec.json.Decoder(ObservedScore)
    for value in values:
        if value is not None:
            yield decoder.decode(value)
