"""Clocks of a worker and of a broker are set forward and back by an hour while payments flow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.clock import Clock
from tests.cluster.flow import COUNT, Flow, Outcome
from tests.cluster.three_brokers import ThreeBrokers
from tests.stream_run import StreamRun

Report = Callable[[Outcome], None]
HOUR_S = 3600.0
BETWEEN = COUNT // 8  # scores between two changes


def test_clocks_set_forward_and_back_cost_no_score(
    whole_cluster: ThreeBrokers, run: StreamRun, report: Report, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "clocks")
    if not clock.works:
        pytest.skip("the library libfaketime is missing: sudo apt-get install faketime")
    broker = whole_cluster.transaction_coordinator(f"{run.settings.stream.group}-0")
    whole_cluster.stop(broker)
    whole_cluster.start(broker, clock.environment("broker"))
    whole_cluster.wait_until_whole()
    run.start_worker(clock.environment("worker"))
    run.start_worker()
    flow = Flow(run)
    flow.start()
    for process in ("worker", "broker"):
        for seconds in (HOUR_S, -HOUR_S, 0.0):
            clock.set(process, seconds)
            flow.faults[f"clock of a {process} set"] += 1
            flow.wait_for_scores(BETWEEN)
    report(flow.finish("clocks"))
    whole_cluster.stop(broker)
