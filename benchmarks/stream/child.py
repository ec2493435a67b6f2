"""A flagfive worker that does the benchmark's work: `python -m benchmarks.stream.child COUNT WEIGHTS`.

It is built as `stream.app` builds the scorer, with another stage. It prints `first` when it receives its
first batch, and `last` when the outputs of COUNT transactions are committed.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, cast

import faust
import numpy as np
from aiokafka import TopicPartition

from benchmarks.peers.common import tell
from benchmarks.stream.task import Network
from benchmarks.stream.topic import Traffic, records
from benchmarks.stream.work_stage import WorkStage
from contracts.interpreter import let_threads_alternate
from settings import Settings, load_settings
from stream.app import add_agent, faust_app, follow_assignment
from stream.checkpoint.checkpoint import Checkpoint
from stream.partition.committers import group_commit
from stream.partition.manager import PartitionManager
from stream.partition.place import GroupPlace
from stream.partition.stage import Work
from stream.partition.worker import PartitionWorker
from stream.transport import driver
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.reader import Records
from stream.wiring import transaction_schema


class Counter:
    """Reports the begin and the end of the race to the benchmark."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._done = 0
        self._begun = False

    def begin(self) -> None:
        if not self._begun:
            self._begun = True
            tell("first")

    def note_done(self, _: TopicPartition, work: Work) -> None:
        before, self._done = self._done, self._done + work.transactions
        if before < self._count <= self._done:
            tell("last")


class TimedStage(WorkStage):
    """Reports the first batch before it is processed."""

    counter: Counter

    def work(self, fetched: FetchedBatch) -> Work:
        self.counter.begin()
        return super().work(fetched)


class WorkWiring:
    """Creates the worker of each partition."""

    def __init__(self, settings: Settings, counter: Counter, network: Network, app: faust.App) -> None:
        self._settings = settings
        self._counter = counter
        self._network = network
        self._app = app
        self.commits = group_commit(settings, self.consumer)
        self._place = GroupPlace(settings.broker, settings.stream.group, self.consumer)

    def consumer(self) -> driver.BatchFaustConsumer:
        return cast(driver.BatchFaustConsumer, self._app.consumer)

    def worker(self, partition: TopicPartition) -> PartitionWorker:
        topics, number = self._settings.topics, partition.partition
        checkpoint_topic = topics.checkpoint_topic(self._settings.entities[0].name)
        checkpoint = Checkpoint(checkpoint_topic, number, self._settings.stream.checkpoint_interval_s)
        schema = transaction_schema(self._settings)
        stage = TimedStage(schema, self._network, topics.scores, number, checkpoint)
        stage.counter = self._counter
        return PartitionWorker(
            partition,
            stage,
            self.commits.member(partition),
            self._place,
            self._seek,
            self._counter.note_done,
        )

    async def _seek(self, partition: TopicPartition, offset: int) -> None:
        await self.consumer().seek(partition, offset)


def build(settings: Settings, counter: Counter, network: Network) -> faust.App:
    """Return the app with one agent on the transactions."""
    driver.register()
    app = faust_app(settings)
    wiring = WorkWiring(settings, counter, network, app)
    partitions = PartitionManager(
        wiring.consumer,
        wiring.worker,
        wiring.commits,
        checkpoint_every_s=settings.stream.checkpoint_interval_s,
        rejoin_s=2 * settings.stream.session_timeout_s,
        topics=[settings.topics.transactions],
        numbers=settings.topics.partitions,
    )
    app.add_dependency(partitions)
    add_agent(app, settings.topics.transactions, partitions)
    follow_assignment(app, partitions)
    return app


def load_kernels(settings: Settings, network: Network) -> None:
    """Load the kernels' machine code by a first call, as part of start-up, like class loading in Java."""
    schema = transaction_schema(settings)
    stage = WorkStage(schema, network, "none", 0, None)
    _, values = next(records(Traffic(64, cards=8), schema))
    stamps = np.full(len(values), int(time.time() * 1000))
    found = Records(np.arange(len(values)), stamps, values, values, len(values))
    work = stage.work(FetchedBatch(TopicPartition("none", 0), 0, found))
    work.outputs[0].batch._build()
    stage.publish(work)


def main() -> None:
    let_threads_alternate()
    settings = load_settings()
    network = Network.load(Path(sys.argv[2]))
    load_kernels(settings, network)
    app: Any = build(settings, Counter(int(sys.argv[1])), network)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app.Worker(
        quiet=True, loop=loop, override_logging=False, redirect_stdouts=False, blocking_timeout=0
    ).execute_from_commandline()


if __name__ == "__main__":
    main()
