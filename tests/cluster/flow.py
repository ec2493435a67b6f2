"""Payments that flow at a steady pace while a test breaks things, and what the fault has cost."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from benchmarks.soak.topics import open_transactions
from contracts.broker import kafka_python_options
from features.byte_strings import ByteStrings
from settings import Settings
from stream.feed.feed import Feed
from stream.feed.pace import Pace
from tests.never_disturbed import assert_as_never_disturbed
from tests.stream_run import StreamRun, transactions
from tests.waiting import until

COUNT = int(os.environ.get("FLAGFIVE_CLUSTER_PAYMENTS", "100000"))
"""Payments that flow through each fault at least; fewer for a quick look."""
MOST = 6 * COUNT
"""On a slow machine a fault takes long; this bounds what the proof reads."""
RATE = COUNT / 100.0
"""Payments a second: a fault, and what follows, take about 100 seconds on two cores."""
PART = 500
CARDS, MERCHANTS = 5_000, range(500)
FIRST = 2_000
"""Payments before the fault: workers have started when they are scored."""
WITHIN_S = 300.0
STARTED_S = 900.0
"""Longest time until workers score; on a busy machine they compile kernels for minutes."""


@dataclass
class Flow:
    """At least 100,000 payments through the workers of a run, until the test has done its worst.

    Attributes:
        run: topics and workers.
        faults: what was done, and how often.
    """

    run: StreamRun
    faults: Counter[str] = field(default_factory=Counter)
    _error: list[BaseException] = field(default_factory=list)
    _enough: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._sender = threading.Thread(target=self._send, name="payments", daemon=True)

    def start(self) -> None:
        """Wait until the workers score, then send payments from a thread."""
        self.run.send_transactions(FIRST, cards=CARDS, merchants=MERCHANTS)
        self.run.wait_for_scores(FIRST, within_s=STARTED_S)
        self._began = time.time()
        self._sender.start()
        self.wait_for_scores(PART)

    def wait_for_scores(self, count: int) -> None:
        """Wait until about `count` more scores than now are there."""
        seen: list[int] = []

        def come() -> bool:
            if (written := self._written()) is not None:
                seen.append(written)
            return bool(self._error) or (bool(seen) and seen[-1] >= seen[0] + count)

        until(come, what=f"{count} more scores", within_s=WITHIN_S)

    def _written(self) -> int | None:
        """Return the end of `scores`; None while a fault keeps the cluster from saying."""
        try:
            return self.run.written(self.run.settings.topics.scores)
        except KafkaError:
            return None

    def finish(self, name: str, *, timed: bool = True) -> Outcome:
        """Wait for all payments, check that nothing is lost, doubled or changed, and return the figures.

        Args:
            name: of the fault.
            timed: whether the brokers' clocks were right, so that times of scores can be compared.
        """
        self._enough.set()
        self._sender.join()
        for error in self._error:
            raise error
        stored = self.run.count(self.run.settings.topics.transactions)
        self.run.wait_for_scores(stored, within_s=WITHIN_S)
        until(lambda: self._open_transactions() == 0, what="the end of open transactions")
        assert_as_never_disturbed(self.run, stored)
        pause_s = longest_gap(self.run.settings, self._began) if timed else None
        return Outcome(name, dict(self.faults), stored, pause_s)

    def _open_transactions(self) -> int:
        settings = self.run.settings
        topics = (settings.topics.scores, settings.topics.scored, settings.topics.alerts)
        partitions = settings.topics.partitions
        return sum(asyncio.run(open_transactions(settings.broker, name, partitions)) for name in topics)

    def _send(self) -> None:
        try:
            asyncio.run(self._flow())
        except BaseException as error:
            self._error.append(error)

    async def _flow(self) -> None:
        """Send at a steady pace until the faults are done and at least COUNT payments are sent."""
        run, pace = self.run, Pace(RATE)
        async with Feed(run.settings.broker, run.settings.topics.transactions) as feed:
            while not (self._enough.is_set() and run.sent >= COUNT) and run.sent < MOST:
                part = transactions(
                    run.settings, run.sent, PART, seed=run.sent, cards=CARDS, merchants=MERCHANTS
                )
                while part:
                    now = await pace.allow(len(part))
                    keys, values = zip(*part[:now], strict=True)
                    await feed.send(ByteStrings.from_list(list(keys)), ByteStrings.from_list(list(values)))
                    part = part[now:]
                run.sent += PART


@dataclass(frozen=True)
class Outcome:
    """Figures of one fault; nothing was lost or doubled, and all features are bit-equal, or it would not be.

    Attributes:
        name: of the fault.
        faults: what was done, and how often.
        transactions: on the topic, each with one score.
        without_progress_s: the longest time without a new score in one partition, while payments came; None
            where clocks were wrong.
    """

    name: str
    faults: dict[str, int]
    transactions: int
    without_progress_s: float | None

    @property
    def row(self) -> str:
        """One row of the table in docs/measurements/trust.md."""
        done = ", ".join(f"{what} {count}" for what, count in self.faults.items())
        pause = "-" if self.without_progress_s is None else f"{self.without_progress_s:.1f}"
        return f"| {self.name} | {done} | {self.transactions:,} | 0 | 0 | yes | {pause} |"


def longest_gap(settings: Settings, began_s: float) -> float:
    """Return the longest time between two scores of one partition, in seconds, by the brokers' clocks.

    Args:
        settings: of the run.
        began_s: when payments began to flow, in seconds since 1970.
    """
    times: dict[int, list[int]] = defaultdict(list)
    consumer = KafkaConsumer(
        **kafka_python_options(settings.broker),
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    places = [TopicPartition(settings.topics.scores, n) for n in range(settings.topics.partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    while any(consumer.position(place) < end for place, end in ends.items()):
        for place, records in consumer.poll(timeout_ms=200).items():
            stamps = [record.timestamp for record in records]
            times[place.partition] += [stamp for stamp in stamps if stamp > 1000 * began_s]
    consumer.close()
    gaps = [later - earlier for some in times.values() for earlier, later in pairwise(some)]
    return max(gaps) / 1000
