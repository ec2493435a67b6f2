"""What decisions cost: CPU of each process, and the milliseconds of each step in the gateway."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil

from benchmarks.decisions.system import System
from benchmarks.readings import cpu_of, gained_between, listener, scrape

STEP = "flagfive_decision_step_seconds"
CALLER = "caller"


@contextmanager
def costs_of(system: System, broker: str) -> Iterator[dict[str, Any]]:
    """Fill in the yielded dictionary at the end of the block.

    It gets `cpu`, CPU seconds per second by process, and `steps`, the mean ms of each step. CPU of a broker
    on another machine is NaN.
    """
    processes: dict[str, psutil.Process | None] = {
        name: psutil.Process(process.pid) for name, process in system.processes.items()
    }
    processes |= {"broker": listener(int(broker.rsplit(":", 1)[1])), CALLER: psutil.Process()}
    found: dict[str, Any] = {}
    before = {name: cpu_of(process) for name, process in processes.items()}
    scraped, began = scrape(system.metrics["gateway-0"]), time.perf_counter()
    yield found
    seconds = time.perf_counter() - began
    gained = gained_between(scraped, scrape(system.metrics["gateway-0"]))
    found["cpu"] = {name: (cpu_of(process) - before[name]) / seconds for name, process in processes.items()}
    found["steps"] = _mean_ms(gained)


def _mean_ms(gained: Mapping[tuple[str, tuple[tuple[str, str], ...]], float]) -> dict[str, float]:
    means = {}
    for (name, labels), value in gained.items():
        count = gained.get((f"{STEP}_count", labels), 0.0)
        if name == f"{STEP}_sum" and count:
            means[dict(labels)["step"]] = 1000.0 * value / count
    return means
