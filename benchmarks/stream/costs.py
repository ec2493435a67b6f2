"""What a steady flow costs: requests to the broker, CPU of broker and worker, and a budget of milliseconds.

All figures are differences between two readings of the worker's own metrics and of the processes' CPU clocks,
so they hold on a machine that others load too.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil

from benchmarks.readings import Sample, cpu_of, gained_between, listener, scrape


@dataclass
class Costs:
    """Figures of one flow.

    Attributes:
        seconds: length of the flow.
        broker_cpu: CPU seconds of the broker per second; NaN where it runs on another machine.
        worker_cpu: the same of the worker.
        requests: requests of the worker per second, by kind.
        commits: commits per second.
        steps: for each stage, batches per second, transactions in a batch, and mean ms of each step.
    """

    seconds: float = 0.0
    broker_cpu: float = float("nan")
    worker_cpu: float = float("nan")
    requests: dict[str, float] = field(default_factory=dict)
    commits: float = 0.0
    steps: dict[str, dict[str, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


class Meter:
    """Measures the costs of a flow.

    Args:
        bootstrap: address of the broker.
        worker: process id of the worker.
        port: the worker's metrics.
    """

    def __init__(self, bootstrap: str, worker: int, port: int) -> None:
        self._broker = listener(int(bootstrap.rsplit(":", 1)[1]))
        self._worker = psutil.Process(worker)
        self._port = port

    @contextmanager
    def measure(self) -> Iterator[Costs]:
        """Fill in the yielded costs at the end of the block."""
        costs = Costs()
        began, before = self._cpu(), scrape(self._port)
        clock = time.perf_counter()
        yield costs
        costs.seconds = time.perf_counter() - clock
        after = scrape(self._port)
        costs.broker_cpu, costs.worker_cpu = (
            (end - begin) / costs.seconds for begin, end in zip(began, self._cpu(), strict=True)
        )
        _fill(costs, gained_between(before, after))

    def _cpu(self) -> tuple[float, float]:
        return cpu_of(self._broker), cpu_of(self._worker)


def _fill(costs: Costs, gained: Mapping[Sample, float]) -> None:
    seconds = costs.seconds
    for (name, labels), value in gained.items():
        label = dict(labels)
        if name == "benchmark_requests_total" and value:
            costs.requests[label["kind"]] = value / seconds
        elif name == "flagfive_commits_total" and label["outcome"] == "committed":
            costs.commits = value / seconds
        elif name == "flagfive_step_seconds_sum":
            count = gained.get(("flagfive_step_seconds_count", labels), 0.0)
            if count:
                costs.steps.setdefault(label["stage"], {})[label["step"]] = 1000.0 * value / count
        elif name == "flagfive_batch_transactions_sum":
            count = gained.get(("flagfive_batch_transactions_count", labels), 0.0)
            if count:
                stage = costs.steps.setdefault(label["stage"], {})
                stage |= {"batches_per_s": count / seconds, "transactions": value / count}
