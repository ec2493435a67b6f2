"""A broker of a cluster is cut off from the network while payments flow, wholly or from its peers alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cluster.flow import COUNT, Flow, Outcome
from tests.cluster.three_brokers import ThreeBrokers

Report = Callable[[Outcome], None]
MEANWHILE = COUNT // 4  # scores while a broker is cut off


@pytest.mark.parametrize(
    ("of", "whole"),
    [("payments", True), ("group", True), ("transactions", False), ("group", False)],
    ids=["payments, from all", "group, from all", "transactions, from its peers", "group, from its peers"],
)
def test_a_broker_that_is_cut_off_costs_no_score(
    whole_cluster: ThreeBrokers, flow: Flow, report: Report, of: str, whole: bool
) -> None:
    """Cut off from its peers alone, a broker still answers clients, with a state that is out of date."""
    settings = flow.run.settings
    number = {
        "payments": lambda: whole_cluster.leader(settings.topics.transactions, 0),
        "transactions": lambda: whole_cluster.transaction_coordinator(f"{settings.stream.group}-0"),
        "group": lambda: whole_cluster.group_coordinator(settings.stream.group),
    }[of]()
    (whole_cluster.network.cut if whole else whole_cluster.network.cut_from_peers)(number)
    flow.faults["cut off"] += 1
    flow.wait_for_scores(MEANWHILE)
    whole_cluster.network.heal(number)
    whole_cluster.wait_until_whole()
    report(flow.finish(f"broker of the {of} cut off from {'all' if whole else 'its peers'}"))
