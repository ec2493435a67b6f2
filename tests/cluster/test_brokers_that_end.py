"""Brokers of a cluster are killed, replaced one by one, and run out of disk, while payments flow."""

from __future__ import annotations

from collections.abc import Callable

from tests.cluster.flow import COUNT, Flow, Outcome
from tests.cluster.three_brokers import NUMBERS, ThreeBrokers

Report = Callable[[Outcome], None]
BETWEEN = COUNT // 12  # scores between two faults


def test_killed_leaders_cost_no_score(whole_cluster: ThreeBrokers, flow: Flow, report: Report) -> None:
    """The leader of payments, the coordinator of transactions, and that of the group."""
    settings = flow.run.settings
    group = settings.stream.group
    roles: dict[str, Callable[[], int]] = {
        "leader of payments": lambda: whole_cluster.leader(settings.topics.transactions, 0),
        "coordinator of transactions": lambda: whole_cluster.transaction_coordinator(f"{group}-0"),
        "coordinator of the group": lambda: whole_cluster.group_coordinator(group),
    }
    for role, find in roles.items():
        whole_cluster.kill(find())
        flow.faults[f"{role} killed"] += 1
        flow.wait_for_scores(BETWEEN)
        whole_cluster.wait_until_whole()
    report(flow.finish("leaders killed"))


def test_a_rolling_restart_costs_no_score(whole_cluster: ThreeBrokers, flow: Flow, report: Report) -> None:
    for number in NUMBERS:
        whole_cluster.stop(number)
        flow.faults["broker restarted"] += 1
        whole_cluster.start(number)
        whole_cluster.wait_until_whole()
    report(flow.finish("rolling restart"))


def test_a_full_disk_costs_no_score(whole_cluster: ThreeBrokers, flow: Flow, report: Report) -> None:
    """A broker whose only disk is full ends; it comes back once there is room."""
    full = whole_cluster.leader(flow.run.settings.topics.transactions, 0)
    ballast = whole_cluster.fill_disk(full)
    flow.faults["disk filled"] += 1
    whole_cluster.wait_until_ended(full)
    flow.wait_for_scores(BETWEEN)
    ballast.unlink()
    whole_cluster.wait_until_whole()
    report(flow.finish("full disk"))
