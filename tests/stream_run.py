"""A separate set-up on a real broker: starts worker processes, sends transactions, reads every output."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from kafka import KafkaConsumer, TopicPartition

from contracts.broker import kafka_python_options
from contracts.stage_batch import from_message
from control.announce import Announcer
from control.change import Change
from control.keys import ControlKey
from features.byte_strings import ByteStrings
from features.vector import FeatureLayout
from settings import Settings
from settings.variables import variables_of
from stream.feed.feed import Feed
from stream.feed.pace import Pace
from stream.wiring import transaction_schema
from tests.small_models import base_change, small_base
from tests.waiting import until

SECRET = "a secret of enough length"
ROOT = Path(__file__).parent.parent
START_S = 1_700_000_000.0
MERCHANTS = range(40)


@dataclass
class StreamRun:
    """One set of topics with a base in force.

    Attributes:
        settings: of this run, with separate topics and a separate group.
    """

    settings: Settings
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    sent: int = 0

    def announce_base(self) -> None:
        """Put a random base over the run's features in force, so that workers can score."""
        names = FeatureLayout(transaction_schema(self.settings)).names
        self.announce(base_change(small_base(names=names), threshold=3.0))

    def announce(self, change: Change) -> None:
        """Write `change` to the control log."""
        announcer = Announcer(self.settings.broker, self.settings.topics.control, ControlKey.single(SECRET))
        announcer.announce(change)
        announcer.close()

    def start_worker(self, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one more worker process, with variables in addition; its output goes to a separate file."""
        log = self.settings.var / f"worker-{len(self.workers)}.log"
        with log.open("wb") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "flagfive", "worker"],
                cwd=ROOT,
                env={**os.environ, **environment_of(self.settings), "PYTHONPATH": str(ROOT), **(more or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(worker)
        return worker

    def log_of(self, worker: subprocess.Popen[bytes]) -> str:
        return (self.settings.var / f"worker-{self.workers.index(worker)}.log").read_text()

    def end_all(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()

    def send(self, keys: Sequence[bytes], values: Sequence[bytes]) -> None:
        """Send raw records to `transactions`."""

        async def send() -> None:
            async with Feed(self.settings.broker, self.settings.topics.transactions) as feed:
                await feed.send(ByteStrings.from_list(list(keys)), ByteStrings.from_list(list(values)))

        asyncio.run(send())

    def send_transactions(
        self, count: int, *, seed: int = 0, cards: int = 300, merchants: range = MERCHANTS
    ) -> None:
        """Send `count` valid transactions of random cards and merchants; ids continue after earlier ones."""
        records = transactions(self.settings, self.sent, count, seed=seed, cards=cards, merchants=merchants)
        self.send(*zip(*records, strict=True))
        self.sent += count

    def send_at_pace(self, count: int, rate: float, *, cards: int, merchants: range) -> None:
        """Send like `send_transactions`, at `rate` per second in both real time and event time."""
        records = transactions(
            self.settings, self.sent, count, seed=0, cards=cards, merchants=merchants, apart_s=1 / rate
        )

        async def send() -> None:
            pace, done = Pace(rate), 0
            async with Feed(self.settings.broker, self.settings.topics.transactions) as feed:
                while done < count:
                    part = records[done : done + await pace.allow(count - done)]
                    await feed.send(*(ByteStrings.from_list(list(side)) for side in zip(*part, strict=True)))
                    done += len(part)

        asyncio.run(send())
        self.sent += count

    def count(self, topic: str) -> int:
        """Return the number of committed records of a topic, without transaction markers."""
        return sum(1 for _ in self.records(topic))

    def wait_for_scores(self, count: int, *, within_s: float = 120.0) -> list[dict[str, object]]:
        """Wait for `count` scores and return all; fail if a worker that should run has exited."""

        def look() -> list[dict[str, object]] | None:
            if self.written(self.settings.topics.scores) < count:
                return None  # fewer records even with transaction markers, so reading them is pointless
            scores = self.scores()
            return scores if len(scores) >= count else None

        return until(look, what=f"{count} scores", within_s=within_s)

    def scores(self) -> list[dict[str, object]]:
        """Return every committed score, partition by partition, in offset order."""
        return [msgspec.json.decode(value) for _, value in self.records(self.settings.topics.scores)]

    def scored(self) -> pa.Table:
        """Return every row of `scored` with its features, ordered by source partition and offset.

        A column that an earlier release did not write is null in its rows.
        """
        batches = [from_message(value) for _, value in self.records(self.settings.topics.scored)]
        tables = [pa.Table.from_batches([batch]) for batch in batches]
        table = pa.concat_tables(tables, promote_options="default").combine_chunks()
        return table.sort_by([("source_partition", "ascending"), ("source_offset", "ascending")])

    def written(self, topic: str) -> int:
        """Return how many offsets records and transaction markers use in a topic."""
        consumer = KafkaConsumer(**kafka_python_options(self.settings.broker))
        try:
            partitions = [
                TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()
            ]
            return sum(consumer.end_offsets(partitions).values())
        finally:
            consumer.close()

    def records(self, topic: str) -> Iterator[tuple[int, bytes]]:
        """Return partition and value of every committed record now in a topic.

        After a change of leaders, kafka-python may hold its position to be truncated. It begins again at the
        first record then; with its default setting it would go to the end and skip a whole partition.
        """
        consumer = KafkaConsumer(
            **kafka_python_options(self.settings.broker),
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            enable_auto_commit=False,
            max_partition_fetch_bytes=1 << 24,
        )
        try:
            for number in sorted(consumer.partitions_for_topic(topic) or ()):
                partition = TopicPartition(topic, number)
                consumer.assign([partition])
                consumer.seek_to_beginning(partition)
                end, following = consumer.end_offsets([partition])[partition], 0
                while consumer.position(partition) < end:
                    for record in consumer.poll(timeout_ms=200).get(partition, ()):
                        if record.offset >= following:
                            following = record.offset + 1
                            yield number, record.value
        finally:
            consumer.close()


@contextmanager
def stream_run(settings: Settings) -> Iterator[StreamRun]:
    """Yield a run and stop its workers after the test."""
    run = StreamRun(settings)
    run.announce_base()
    try:
        yield run
    finally:
        run.end_all()


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the settings as environment variables of a child process."""
    variables = {"FLAGFIVE_VAR": str(settings.var), "FLAGFIVE_CONTROL_KEY": SECRET, "OMP_NUM_THREADS": "1"}
    variables |= variables_of(
        settings,
        (
            "broker",
            "topics",
            "transaction",
            "registry",
            "stream",
            "storage",
            "tracing",
            "metrics",
            "decisions",
        ),
    )
    entities = [entity.model_dump() for entity in settings.entities]
    return {**variables, "FLAGFIVE_ENTITIES": msgspec.json.encode(entities).decode()}


def transactions(
    settings: Settings,
    first: int,
    count: int,
    *,
    seed: int,
    cards: int,
    merchants: range = MERCHANTS,
    apart_s: float = 1.0,
) -> list[tuple[bytes, bytes]]:
    """Return keys and values of valid transactions, `apart_s` seconds apart in event time."""
    random = np.random.default_rng(seed)
    card = random.integers(0, cards, count)
    merchant = random.integers(merchants.start, merchants.stop, count)
    amount = np.round(np.exp(random.normal(3.0, 1.0, count)), 2)
    fields = settings.transaction
    keys = {entity.name: entity.field for entity in settings.entities}
    records = []
    for i in range(count):
        record = {
            fields.id: f"tx-{first + i}",
            fields.time: round((START_S + first + i * apart_s) * 1000),
            fields.amount: float(amount[i]),
            keys["card"]: f"card-{card[i]}",
            **({keys["merchant"]: f"merchant-{merchant[i]}"} if "merchant" in keys else {}),
        }
        records.append((f"card-{card[i]}".encode(), msgspec.json.encode(record)))
    return records
