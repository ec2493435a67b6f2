"""Clocks of a worker and of a broker are set forward and back by two hours while payments flow."""

from __future__ import annotations

from collections.abc import Callable

from tests.cluster.flow import COUNT, Flow, Outcome
from tests.cluster.three_brokers import ThreeBrokers, clock_of
from tests.stream_run import StreamRun

Report = Callable[[Outcome], None]
AHEAD_S = 7200  # a broker refuses records whose own time is over an hour ahead of its clock
BETWEEN = COUNT // 8  # scores between two changes


def test_clocks_set_forward_and_back_cost_no_score(
    whole_cluster: ThreeBrokers, run: StreamRun, report: Report
) -> None:
    clocks = whole_cluster.clocks
    run.start_worker(clocks.environment("worker"))
    run.start_worker()
    flow = Flow(run)
    flow.start()
    coordinator = whole_cluster.transaction_coordinator(f"{run.settings.stream.group}-0")
    for what, process in (("worker", "worker"), ("coordinator of transactions", clock_of(coordinator))):
        for seconds in (AHEAD_S, -AHEAD_S, 0):
            clocks.set(process, seconds)
            flow.faults[f"clock of a {what} set"] += 1
            flow.wait_for_scores(BETWEEN)
    report(flow.finish("clocks set", timed=False))
