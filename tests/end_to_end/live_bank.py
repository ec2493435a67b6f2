"""A small bank: simulated payments, real workers and the console."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import SecretStr
from rich.console import Console as Terminal

from flagfive.demo.base import put_base_in_force
from flagfive.demo.cold_start import delete_cold_start
from flagfive.demo.observer import Observer, follow_scores
from flagfive.demo.stage import environment_of
from flagfive.demo.story import Story
from flagfive.demo.traffic import DemoTraffic
from flagfive.demo.view import View
from flagfive.processes import Processes
from settings import ControlSettings, Settings
from simulate.patterns import HELD_OUT
from simulate.traffic import SimulatedTraffic
from stream.feed.feed import Feed
from stream.wiring import transaction_schema
from tests.set_up import own_set_up
from tests.waiting import until

PARTITIONS = 4
# A third of the demo's portfolio at a third of its rate, so event time runs at the demo's speed.
CARDS, MERCHANTS, RATE = 5_000, 800, 1_000.0
HISTORY_DAYS, COLD_DAYS = 14.0, 7.0
SEED = 7
PATTERN = next(iter(HELD_OUT.values()))
PATTERN_SHARE = 0.006
MOST_S = 300.0  # the first start compiles the kernels

Value = TypeVar("Value")


class LiveBank:
    """A thread sends payments until the block ends; `observer` holds the simulator's ground truth."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        self.settings = settings
        self.observer = Observer(PATTERN.name)
        self._processes = processes
        self._traffic: DemoTraffic | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="payments")
        self._tasks: list[Future[None]] = []
        self._feed: Feed | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables for processes of this bank."""
        key = self.settings.control.key
        assert key is not None
        return {
            **environment_of(self.settings),
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "FLAGFIVE_BROKER": self.settings.broker.bootstrap,
            "FLAGFIVE_VAR": str(self.settings.var),
            "FLAGFIVE_STORAGE__URL": self.settings.storage.url,
            "FLAGFIVE_CONTROL_KEY": key.get_secret_value(),
            "OMP_NUM_THREADS": "1",
        } | {f"FLAGFIVE_METRICS__{name}_PORT": "0" for name in ("WORKER", "RECORDER", "ADAPTER")}

    def start(self, verb: str, *arguments: str) -> None:
        """Start a `flagfive` verb as a process of the bank."""
        command = [sys.executable, "-m", "flagfive", verb, *arguments]
        self._processes.start(verb, command, environment={**os.environ, **self.environment})

    def warm_up(self) -> None:
        """Start the workers and send a history, so that every card and merchant has a profile."""
        for verb in ("worker", "recorder"):
            self.start(verb)
        self._run(self._open())
        genuine = self._run(asyncio.to_thread(self._payments.draw_history))
        put_base_in_force(self.settings, genuine)
        self._run(self._payments.send_history(lambda sent: None))
        until(lambda: self.observer.scored >= self._payments.sent, what="the history's scores", within_s=300)
        delete_cold_start(self.settings, self._payments.sent, COLD_DAYS)
        self.start("adapter", "--device", "cpu")
        view = View(self.observer, self.settings.budget.alert_rate, Terminal(quiet=True))
        story = Story(self.settings, self._payments, self.observer, view, PATTERN.recipe)
        self._run(story.adapter_answers())

    def begin_live(self) -> None:
        """Start live payments, including the new pattern."""
        self._begin(self._payments.run_live())
        self._run(self._begin_pattern())

    @property
    def _payments(self) -> DemoTraffic:
        assert self._traffic is not None
        return self._traffic

    async def _open(self) -> None:
        topics, broker = self.settings.topics, self.settings.broker
        self._feed = await Feed(broker, topics.transactions).__aenter__()
        schema, people = transaction_schema(self.settings), SimulatedTraffic(SEED, CARDS, MERCHANTS)
        self._traffic = DemoTraffic(people, schema, self._feed, self.observer, HISTORY_DAYS, RATE)
        self._begin(follow_scores(broker, topics.scores, topics.partitions, self.observer))

    async def _begin_pattern(self) -> None:
        self._payments.start_pattern(PATTERN.name, PATTERN_SHARE)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`; it runs until the block ends."""
        self._tasks.append(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Run `work` beside the running tasks and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(MOST_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        if self._feed is not None:
            self._run(self._feed.__aexit__(kind, error, trace))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def live_bank(broker: str, folder: Path) -> Iterator[tuple[LiveBank, Processes]]:
    """Yield a bank with separate topics and a separate key; everything stops when the block ends."""
    settings = own_set_up(broker, folder, partitions=PARTITIONS)
    control = ControlSettings(key=SecretStr(secrets.token_urlsafe(32)))
    settings = settings.model_copy(update={"control": control})
    with Processes(folder / "log") as processes, LiveBank(settings, processes) as bank:
        yield bank, processes
