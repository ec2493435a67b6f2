"""The system under load: broker, two workers, recorder, adaptation worker, and simulated payments."""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Engine

from benchmarks.episodes.swaps import Seen, Watch
from benchmarks.stream.setup import announce_shipped, environment_of, fresh_settings
from contracts.answer import Answer
from contracts.request import Request, RequestKind
from contracts.request_client import FeedbackClient
from flagfive.cluster import administrator
from flagfive.demo.cold_start import delete_cold_start
from flagfive.demo.observer import Observer, follow_scores
from flagfive.demo.traffic import DemoTraffic
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import MetricsSettings, Settings, StorageSettings
from simulate.patterns import HELD_OUT
from simulate.traffic import SimulatedTraffic
from storage import UnitOfWork
from storage.control_entries import ControlEntry
from stream.feed.feed import Feed
from stream.wiring import transaction_schema

CARDS, MERCHANTS = 15_000, 2_400
HISTORY_DAYS, COLD_DAYS = 10.0, 5.0
PATTERN_SHARE = 0.0005
"""Of traffic: half of the budget, so that frauds without a flag do not hide it in the reservoir."""
STEP_S, PATIENCE_S, ANSWER_S = 0.2, 300.0, 30.0

Say = Callable[[str], None]
T = TypeVar("T")


class Stuck(Exception):
    """An event that the benchmark waits for did not happen in time."""


def under_load(
    broker: str,
    folder: Path,
    rate: float,
    say: Say,
    work: Callable[[Settings, Observer], T],
    frauds: int = 0,
    environment: Mapping[str, str] | None = None,
) -> tuple[T, list[Seen], Settings]:
    """Start all processes, let payments flow, and do `work` meanwhile in a thread.

    Args:
        broker: address of the broker.
        folder: for data and logs.
        rate: payments a second.
        say: prints a line of progress.
        work: what is measured.
        frauds: wait for this many payments of the first held-out pattern; with 0 no pattern begins.
        environment: further variables of the processes.

    Returns:
        The result of `work`, all scored batches that were seen meanwhile, and the settings.

    Raises:
        Stuck: the system did not get as far as to be measured.
    """
    fresh = fresh_settings(broker, folder, "exactly_once")
    settings = fresh.model_copy(
        update={
            "storage": StorageSettings(url=f"sqlite:///{fresh.var / 'system.sqlite'}"),
            "metrics": MetricsSettings(worker_port=0, recorder_port=0, adapter_port=0),
        }
    )
    with administrator(settings.broker) as admin:
        ensure_topics(admin, planned_topics(settings))
    with Processes(settings.var / "log") as processes:
        start = _starter(settings, processes, environment or {})
        found, seen = asyncio.run(_run(settings, processes, start, rate, say, work, frauds))
    return found, seen, settings


async def _run(
    settings: Settings,
    processes: Processes,
    start: Callable[..., None],
    rate: float,
    say: Say,
    work: Callable[[Settings, Observer], T],
    frauds: int,
) -> tuple[T, list[Seen]]:
    for name, verb in (("worker-1", "worker"), ("worker-2", "worker"), ("recorder", "recorder")):
        start(name, verb)
    observer = Observer(next(iter(HELD_OUT)))
    topics, broker = settings.topics, settings.broker
    following = asyncio.create_task(follow_scores(broker, topics.scores, topics.partitions, observer))
    async with Feed(broker, topics.transactions) as feed:
        people = SimulatedTraffic(7, CARDS, MERCHANTS)
        traffic = DemoTraffic(people, transaction_schema(settings), feed, observer, HISTORY_DAYS, rate)
        genuine = await asyncio.to_thread(traffic.draw_history)
        await asyncio.to_thread(announce_shipped, settings, genuine)
        await traffic.send_history(lambda sent: None)
        await _until(lambda: observer.scored >= traffic.sent, "the history's scores", processes)
        say(f"{traffic.sent:,} payments of history are scored")
        await asyncio.to_thread(delete_cold_start, settings, traffic.sent, COLD_DAYS)
        start("adapter", "adapter", "--device", "cpu")
        live = asyncio.create_task(traffic.run_live())
        await _until(lambda: traffic._live is not None, "live traffic", processes)
        if frauds:
            for family in HELD_OUT:
                traffic.start_pattern(family, PATTERN_SHARE)
            first = next(iter(HELD_OUT))
            await _until(lambda: len(frauds_by_family(observer)[first]) > frauds, "frauds", processes)
        with Watch(broker, topics.scored, topics.partitions) as watch:
            found = await asyncio.to_thread(work, settings, observer)
            await asyncio.sleep(2 * STEP_S + 1.0)  # the measurement includes the second after the last swap
        for task in (live, following):
            task.cancel()
    return found, watch.seen


def _starter(settings: Settings, processes: Processes, further: Mapping[str, str]) -> Callable[..., None]:
    environment = environment_of(settings) | {"FLAGFIVE_STORAGE__URL": settings.storage.url} | dict(further)

    def start(name: str, *verb: str) -> None:
        processes.start(name, [sys.executable, "-P", "-m", "flagfive", *verb], environment=environment)

    return start


def frauds_by_family(observer: Observer) -> dict[str, list[str]]:
    """Return ids of the frauds seen so far by family, oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for identity, truth in list(observer.truth.items()):
        if truth.family:
            found[truth.family].append(identity)
    return found


def ask(client: FeedbackClient, kind: RequestKind, within_s: float = 60.0, **fields: Any) -> Answer:
    """Send a request of the benchmark and return its answer.

    Raises:
        Stuck: none came in time.
    """
    request = Request(str(uuid.uuid4()), kind, "benchmark", time.time(), **fields)
    answer = client.ask(request, timeout_s=within_s)
    if answer is None:
        raise Stuck(f"no answer to a {kind} within {within_s:g} s")
    return answer


def ask_until_up(client: FeedbackClient) -> None:
    """Ask something harmless: the answer comes once the adaptation worker is up, minutes under this load."""
    ask(client, "label", PATIENCE_S, fraud=("no-such-payment",))


def wait_until_recorded(engine: Engine, offset: int) -> None:
    """Wait until the recorder has stored an entry of the control log: a rollback reads its history there.

    Raises:
        Stuck: it did not in time.
    """
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        with UnitOfWork(engine, reads_only=True) as unit:
            if unit.session.get(ControlEntry, offset) is not None:
                return
        time.sleep(STEP_S)
    raise Stuck(f"control offset {offset} was not recorded within {ANSWER_S:g} s")


def shares(values: Sequence[float]) -> dict[str, float] | None:
    """Return p50 and p95, or None without values."""
    if not values:
        return None
    return {"p50": float(np.percentile(values, 50)), "p95": float(np.percentile(values, 95))}


async def _until(condition: Callable[[], bool], what: str, processes: Processes) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        processes.check()
        if time.monotonic() > deadline:
            raise Stuck(f"waited {PATIENCE_S:g} s for {what}, in vain")
        await asyncio.sleep(STEP_S)
