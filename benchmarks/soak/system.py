"""The system under test: a broker and five processes, each of which can be killed and started again."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.stream.setup import environment_of, fresh_settings
from flagfive.cluster import administrator
from flagfive.own_broker import OwnBroker, free_port
from flagfive.processes import Child, Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import MetricsSettings, Settings, StorageSettings

BROKER = "broker"
BROKER_START_S = 600.0  # after an hour of payments a killed broker reads its segments for more than a minute
VERBS: Mapping[str, tuple[str, ...]] = {
    "worker-1": ("worker",),
    "worker-2": ("worker",),
    "recorder": ("recorder",),
    "adapter": ("adapter", "--device", "cpu"),
    "console": ("console", "--port", "0"),
}
"""The processes beside the broker, and the verb that each runs."""


class System:
    """Starts and kills the processes, and counts both.

    Args:
        folder: Holds data, database and logs.
        processes: Set of child processes that all join; used from the main thread.

    Attributes:
        kills: Kills by process.
        ended: Processes that ended without being killed, with the last lines of their logs.
    """

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.settings = _settings(folder)
        self.kills: Counter[str] = Counter()
        self.ended: list[str] = []
        self._processes = processes
        self._running: dict[str, Child] = {}

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which every process finds this system."""
        return environment_of(self.settings) | {"FLAGFIVE_STORAGE__URL": self.settings.storage.url}

    def start_broker(self) -> None:
        """Start the broker, create missing topics, and wait until it answers."""
        self._running[BROKER] = OwnBroker.of(self.settings).start(self._processes)
        with administrator(self.settings.broker) as admin:
            ensure_topics(admin, planned_topics(self.settings))

    def start(self, name: str) -> None:
        """Start one process of `VERBS`, or the broker."""
        if name == BROKER:
            self.start_broker()
            return
        command = [sys.executable, "-P", "-m", "flagfive", *VERBS[name]]
        self._running[name] = self._processes.start(name, command, environment=self.environment)

    def start_missing(self) -> None:
        """Start every process that does not run; note those that ended without being killed."""
        for name, child in list(self._running.items()):
            if not child.running():
                self.ended.append(f"{name} ended with exit code {child.process.returncode}:\n{child.tail()}")
                self._remove(name)
        for name in (BROKER, *VERBS):
            if name not in self._running:
                self.start(name)

    def kill(self, name: str) -> None:
        """Send SIGKILL to a process and wait for its end."""
        child = self._running.get(name)
        if child is None or not child.running():
            return  # `start_missing` notes a process that ended before
        child.send(signal.SIGKILL)
        child.process.wait()
        self._remove(name)
        self.kills[name] += 1

    def _remove(self, name: str) -> None:
        self._processes.children.remove(self._running.pop(name))


def _settings(folder: Path) -> Settings:
    fresh = fresh_settings(f"127.0.0.1:{free_port()}", folder, "exactly_once")
    return fresh.model_copy(
        update={
            "broker": fresh.broker.model_copy(update={"start_timeout_s": BROKER_START_S}),
            "storage": StorageSettings(url=f"sqlite:///{fresh.var / 'soak.sqlite'}"),
            "metrics": MetricsSettings(
                worker_port=0, recorder_port=0, adapter_port=0, console_port=0, monitor_port=0
            ),
        }
    )
