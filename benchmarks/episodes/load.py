"""The system under load: broker, two workers, recorder, adaptation worker, and 3,000 payments a second."""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.episodes.swaps import Watch, everywhere, mixed, p99_ratio, swapped
from benchmarks.stream.setup import SECRET, announce_shipped, environment_of, fresh_settings
from contracts.answer import Answer
from contracts.request import Request, RequestKind
from contracts.request_client import FeedbackClient
from contracts.signing.principals import COMMAND_LINE
from contracts.signing.trust import Trust
from flagfive.cluster import administrator
from flagfive.demo.cold_start import delete_cold_start
from flagfive.demo.observer import Observer, follow_scores
from flagfive.demo.traffic import DemoTraffic
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import MetricsSettings, Settings, StorageSettings
from simulate.patterns import HELD_OUT
from simulate.traffic import SimulatedTraffic
from storage import UnitOfWork, open_engine
from storage.control_entries import ControlEntry
from stream.feed.feed import Feed
from stream.wiring import transaction_schema

CARDS, MERCHANTS = 15_000, 2_400
HISTORY_DAYS, COLD_DAYS = 10.0, 5.0
PATTERN_SHARE = 0.0005
"""Of traffic: half of the budget, so that frauds without a flag do not hide it in the reservoir."""
FLAGS = (1, 3, 5, 10, 20)
"""Flagged transactions of an episode, in turn."""
ANSWER_S, STEP_S, PATIENCE_S = 30.0, 0.2, 300.0


class Stuck(Exception):
    """An event that the benchmark waits for did not happen in time."""


@dataclass
class Outcome:
    """Answers to all episodes, and to the rollbacks after them."""

    flagged: list[Answer] = field(default_factory=list)
    rolled_back: list[Answer] = field(default_factory=list)
    undisturbed_ms: list[float] = field(default_factory=list)
    """Moments at least a second from any swap; their p99 ratio shows the noise."""

    @property
    def live(self) -> list[Answer]:
        """Return the answers of the episodes whose detectors went live."""
        return [answer for answer in self.flagged if answer.status == "live"]


def measure(
    broker: str, folder: Path, episodes: int, rate: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """Return figures of `episodes` episodes in sequence; each is rolled back once it is live."""
    fresh = fresh_settings(broker, folder, "exactly_once")
    settings = fresh.model_copy(
        update={
            "storage": StorageSettings(url=f"sqlite:///{fresh.var / 'episodes.sqlite'}"),
            "metrics": MetricsSettings(worker_port=0, recorder_port=0, adapter_port=0),
        }
    )
    with administrator(settings.broker) as admin:
        ensure_topics(admin, planned_topics(settings))
    with Processes(settings.var / "log") as processes:
        return asyncio.run(_run(settings, processes, episodes, rate, say))


async def _run(
    settings: Settings, processes: Processes, episodes: int, rate: float, say: Callable[[str], None]
) -> dict[str, Any]:
    start = _starter(settings, processes)
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
        for family in HELD_OUT:
            traffic.start_pattern(family, PATTERN_SHARE)
        enough = len(HELD_OUT) * max(FLAGS)
        await _until(lambda: len(_frauds(observer)[next(iter(HELD_OUT))]) > enough, "frauds", processes)
        with Watch(broker, topics.scored, topics.partitions) as watch:
            outcome = await asyncio.to_thread(_episodes, settings, observer, episodes, say)
            await asyncio.sleep(2 * STEP_S + 1.0)  # the measurement includes the second after the last swap
        for task in (live, following):
            task.cancel()
    return _figures(settings, outcome, watch)


def _starter(settings: Settings, processes: Processes) -> Callable[..., None]:
    environment = environment_of(settings) | {
        "FLAGFIVE_STORAGE__URL": settings.storage.url,
        # A rollback would restore the version before the refined one, and the figures are of the fast one.
        "FLAGFIVE_ADAPTATION__MOST_REFINED": "0",
    }

    def start(name: str, *verb: str) -> None:
        processes.start(name, [sys.executable, "-P", "-m", "flagfive", *verb], environment=environment)

    return start


def _frauds(observer: Observer) -> dict[str, list[str]]:
    """Return ids of the frauds seen so far by family, oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for identity, truth in list(observer.truth.items()):
        if truth.family:
            found[truth.family].append(identity)
    return found


def _episodes(settings: Settings, observer: Observer, episodes: int, say: Callable[[str], None]) -> Outcome:
    outcome, random = Outcome(), np.random.default_rng(3)
    engine = open_engine(settings.storage.url)
    trust = Trust.derived(SECRET.encode(), COMMAND_LINE)
    with FeedbackClient(settings.broker, settings.topics.feedback, trust) as client:
        # The answer comes once the adaptation worker is up, which may take minutes under this load.
        _ask(client, "label", PATIENCE_S, fraud=("no-such-payment",))
        # The first episode waits for sampled and scored traffic and for kernels, so it is not counted.
        for number in range(-1, episodes):
            family = list(HELD_OUT)[number % len(HELD_OUT)]
            # Skip the latest five, which the scorer may not have finished yet.
            recent = _frauds(observer)[family][:-5][-400:]
            chosen = random.choice(recent, min(FLAGS[number % len(FLAGS)], len(recent)), replace=False)
            answer = _ask(client, "flag", name=f"{family} {number}", fraud=tuple(map(str, chosen)))
            say(f"episode {number + 1}, {len(chosen)} flags: {answer.status} {answer.message}")
            if number >= 0:
                outcome.flagged.append(answer)
            if answer.status == "live" and answer.control_offset is not None:
                _wait_until_recorded(engine, answer.control_offset)
                time.sleep(1.0)  # keeps the second after the swap free of requests
                back = _ask(client, "rollback", name=f"detector/{answer.detector_id}")
                outcome.rolled_back += [back] if number >= 0 else []
                time.sleep(1.0)
            if number >= 0:
                outcome.undisturbed_ms.append(_undisturbed())
    return outcome


def _undisturbed() -> float:
    """Return a moment in ms with no request in the second before and after it."""
    time.sleep(1.0)
    now = time.time() * 1e3
    time.sleep(1.0)
    return now


def _ask(client: FeedbackClient, kind: RequestKind, within_s: float = 60.0, **fields: Any) -> Answer:
    request = Request(str(uuid.uuid4()), kind, "benchmark", time.time(), **fields)
    answer = client.ask(request, timeout_s=within_s)
    if answer is None:
        raise Stuck(f"no answer to a {kind} within {within_s:g} s")
    return answer


def _wait_until_recorded(engine: Any, offset: int) -> None:
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        with UnitOfWork(engine, reads_only=True) as unit:
            if unit.session.get(ControlEntry, offset) is not None:
                return
        time.sleep(STEP_S)
    raise Stuck(f"control offset {offset} was not recorded within {ANSWER_S:g} s")


def _figures(settings: Settings, outcome: Outcome, watch: Watch) -> dict[str, Any]:
    with UnitOfWork(open_engine(settings.storage.url), reads_only=True) as unit:
        details = [
            unit.episodes.find_with_status(a.detector_id or "", "retired", "live") for a in outcome.live
        ]
        propose = [one.details for one in details if one is not None]
    offsets = [a.control_offset for a in outcome.live if a.control_offset is not None]
    rollbacks = [a.flag_to_live_ms for a in outcome.rolled_back if a.flag_to_live_ms is not None]
    return {
        "episodes": len(outcome.flagged),
        "went_live": len(outcome.live),
        "flag_to_live_ms": _shares(
            [a.flag_to_live_ms for a in outcome.live if a.flag_to_live_ms is not None]
        ),
        "flag_to_adapted_ms": _shares(
            [a.flag_to_adapted_ms for a in outcome.live if a.flag_to_adapted_ms is not None]
        ),
        "adapt_ms": _shares([one["propose_ms"] for one in propose]),
        "adapt_cpu_ms": _shares([one["propose_cpu_ms"] for one in propose]),
        "swap_p99_ratio": p99_ratio(watch.seen, [swapped(watch.seen, offset) for offset in offsets]),
        "no_swap_p99_ratio": p99_ratio(
            watch.seen, [everywhere(watch.seen, at) for at in outcome.undisturbed_ms]
        ),
        "rollback_ms": _shares(rollbacks),
        "mixed_version_batches": mixed(watch.seen),
        "batches": len(watch.seen),
        "transactions": sum(len(batch.took_ms) for batch in watch.seen),
    }


def _shares(values: list[float]) -> dict[str, float] | None:
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
