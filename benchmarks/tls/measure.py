"""Runs the whole pipeline over one listener after the other, in turns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.stream import latency, models, progress
from benchmarks.stream.measure import Measured, child
from benchmarks.stream.rows import DETECTORS
from benchmarks.stream.setup import environment_of, fresh_settings, topics_of
from benchmarks.stream.topic import Traffic, fill
from settings import BrokerSettings, Settings
from stream.wiring import transaction_schema
from tests.secure_broker import ADMIN, secure_broker

DELIVERIES = ("at_least_once", "exactly_once")
PASSWORD = "used-in-one-run"


@dataclass(frozen=True)
class Load:
    """What runs over each listener: a full topic, then a steady rate."""

    transactions: int
    rate: int
    seconds: float
    repeats: int


@contextmanager
def two_listeners(folder: Path) -> Iterator[dict[str, BrokerSettings]]:
    """Yield the connections to both listeners of one broker; its access rules allow everything to both."""
    with secure_broker(folder, [], password=PASSWORD, super_users=["User:ANONYMOUS"]) as broker:
        yield {"plaintext": broker.plaintext, "sasl_ssl": broker.scram(ADMIN)}


def measure(
    connections: Mapping[str, BrokerSettings], folder: Path, load: Load, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Measure each listener and guarantee, `load.repeats` times in turns; return the medians.

    In turns, a change of the machine's load affects both listeners.
    """
    runs: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(load.repeats):
        for delivery in DELIVERIES:
            for listener, connection in connections.items():
                figures = _run(connection, folder, delivery, load)
                runs.setdefault((listener, delivery), []).append(figures)
                shown = ", ".join(f"{key} {value:,.1f}" for key, value in figures.items())
                say(f"{listener}, {delivery}: {shown}")
    return [
        {"listener": listener, "delivery": delivery, **_medians(found)}
        for (listener, delivery), found in runs.items()
    ]


def _run(connection: BrokerSettings, folder: Path, delivery: str, load: Load) -> dict[str, float]:
    raced = _throughput(_settings(connection, folder, delivery), folder, load.transactions)
    waited, _ = latency.pipeline(_settings(connection, folder, delivery), folder, load.rate, load.seconds)
    shares = latency.told(delivery, load.rate, waited)
    return {
        "wall_tx_per_s": raced.transactions / raced.wall_s,
        "cpu_tx_per_s": raced.transactions / raced.cpu_s,
        **{key: shares[key] for key in ("p50_ms", "p99_ms")},
    }


def _throughput(settings: Settings, folder: Path, transactions: int) -> Measured:
    command = [sys.executable, "-P", "-m", "flagfive", "worker"]
    with topics_of(settings):
        fill(
            settings.broker, settings.topics.transactions, Traffic(transactions), transaction_schema(settings)
        )
        models.announce(settings, DETECTORS)
        with child(command, environment_of(settings), folder / "throughput.log") as worker:
            return progress.race(settings, [worker], transactions)


def _settings(connection: BrokerSettings, folder: Path, delivery: str) -> Settings:
    settings = fresh_settings(connection.bootstrap, folder, delivery)
    return settings.model_copy(update={"broker": connection})


def _medians(runs: list[dict[str, float]]) -> dict[str, Any]:
    return {key: median(run[key] for run in runs) for key in runs[0]} | {"runs": runs}
