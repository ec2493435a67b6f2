"""A worker with the shipped models and gateways beside it, on topics of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.stream import models
from benchmarks.stream.rows import DETECTORS
from benchmarks.stream.setup import CLONE, environment_of, fresh_settings, topics_of
from flagfive.own_broker import free_port
from settings import Settings, StorageSettings
from storage import UnitOfWork, migrate, open_engine
from storage.api_tokens import DECISIONS_SCOPE, ApiToken, digest_of

TOKEN = "the token of a benchmark, used in one run"
READY_S = 300.0


@dataclass
class System:
    """The processes of one run; `kill` ends one without notice.

    Attributes:
        settings: those of all processes.
        folder: their logs.
        processes: by name.
        metrics: port of the metrics of each gateway.
    """

    settings: Settings
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)

    def start_worker(self, name: str = "worker") -> None:
        """Start a worker."""
        self._start(name, "worker", {})

    def start_gateway(self, name: str = "gateway", port: int | None = None, deadline_ms: int = 100) -> int:
        """Start a gateway, wait until it is ready, and return its port.

        Args:
            name: of the process.
            port: where it listens; a free one by default.
            deadline_ms: deadline of requests that name none; the gateway takes in no more than it can answer
                in half of it.
        """
        port, ready = port or free_port(), free_port()
        self.metrics[name] = ready
        variables = {
            "FLAGFIVE_DECISIONS__PORT": str(port),
            "FLAGFIVE_DECISIONS__DEADLINE_MS": str(deadline_ms),
            "FLAGFIVE_METRICS__DECIDE_PORT": str(ready),
            "FLAGFIVE_STORAGE__URL": self.settings.storage.url,
        }
        self._start(name, "decide", variables)
        deadline = time.monotonic() + READY_S
        while not _is_ready(ready):
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not ready; see {self.folder / name}.log")
            time.sleep(0.05)
        return port

    def kill(self, name: str) -> None:
        """End a process at once."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def _start(self, name: str, verb: str, variables: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-P", "-m", "flagfive", verb],
                cwd=CLONE,
                env={**os.environ, **environment_of(self.settings), **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def running(broker: str, folder: Path, delivery: str) -> Iterator[System]:
    """Yield a system with one worker; its processes end afterwards."""
    settings = fresh_settings(broker, folder, delivery)
    settings.var.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{settings.var}/flagfive.sqlite"
    settings = settings.model_copy(update={"storage": StorageSettings(url=url)})
    _add_token(settings)
    system = System(settings, settings.var)
    with topics_of(settings):
        models.announce(settings, DETECTORS)
        system.start_worker()
        try:
            yield system
        finally:
            for name in list(system.processes):
                system.kill(name)


def _add_token(settings: Settings) -> None:
    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    token = ApiToken(
        name="benchmark", digest=digest_of(TOKEN), scopes=[DECISIONS_SCOPE], author="benchmark",
        created_at=time.time(), expires_at=None,
    )  # fmt: skip
    with UnitOfWork(engine) as unit:
        unit.tokens.add(token)
        unit.commit()
    engine.dispose()


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, HTTPException):
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    return False
