"""Three brokers for all tests of this folder, fresh topics and two workers for each."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flagfive.cluster import administrator
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import Settings, StorageSettings, StreamSettings, TopicsSettings
from tests.cluster.flow import Flow, Outcome
from tests.cluster.network import is_private
from tests.cluster.three_brokers import ThreeBrokers
from tests.stream_run import StreamRun, stream_run

PARTITIONS, WORKERS = 4, 2
WITHIN_S = 1800


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the time that its payments take, and skip all without a private network."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.timeout(WITHIN_S))
            # kafka-python leaves closing the sockets of failed connections to the garbage collector.
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(scope="session")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreeBrokers]:
    if not is_private():
        pytest.skip("needs a network and mounts of its own; run it as: ./run test cluster")
    folder = tmp_path_factory.mktemp("cluster")
    with Processes(folder / "log") as processes:
        brokers = ThreeBrokers(folder, processes)
        brokers.start_all()
        yield brokers


@pytest.fixture
def whole_cluster(brokers: ThreeBrokers) -> Iterator[ThreeBrokers]:
    """Three brokers in sync, before and after the test."""
    brokers.wait_until_whole()
    yield brokers
    brokers.wait_until_whole()


@pytest.fixture
def run(whole_cluster: ThreeBrokers, tmp_path: Path) -> Iterator[StreamRun]:
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    settings = Settings(
        var=tmp_path,
        broker=whole_cluster.settings,
        topics=TopicsSettings(partitions=PARTITIONS, replication=3).prefixed(prefix),
        stream=StreamSettings(group=prefix + "flagfive"),
        storage=StorageSettings(url=f"sqlite:///{tmp_path}/flagfive.sqlite"),
    )
    plan = planned_topics(settings)
    with administrator(settings.broker) as admin:
        ensure_topics(admin, plan)
    with stream_run(settings) as run:
        yield run
    whole_cluster.wait_until_whole()
    with administrator(settings.broker) as admin:
        admin.delete_topics([topic.name for topic in plan])  # their records would fill the small disks


@pytest.fixture
def flow(run: StreamRun) -> Flow:
    """Payments that flow through two workers."""
    for _ in range(WORKERS):
        run.start_worker()
    flow = Flow(run)
    flow.start()
    return flow


@pytest.fixture(scope="session")
def report() -> Callable[[Outcome], None]:
    """Print an outcome as a row of the table, and append it to $FLAGFIVE_CLUSTER_FIGURES."""

    def say(outcome: Outcome) -> None:
        print(f"\n{outcome.row}", flush=True)
        if file := os.environ.get("FLAGFIVE_CLUSTER_FIGURES"):
            with Path(file).open("a") as figures:
                figures.write(f"{outcome.row}\n")

    return say
