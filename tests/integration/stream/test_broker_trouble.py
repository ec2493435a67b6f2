"""The broker dies and comes back, or does not answer for half a minute, while transactions flow."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flagfive.cluster import administrator
from flagfive.own_broker import OwnBroker, free_port
from flagfive.processes import Child, Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import BrokerSettings, Settings, StorageSettings, StreamSettings, TopicsSettings
from tests.never_disturbed import assert_as_never_disturbed
from tests.stream_run import StreamRun, stream_run

HELD_S = 30.0  # longer than the session timeout, shorter than the transaction timeout
PART = 6_000

# kafka-python leaves closing the sockets of failed connections to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        var=tmp_path,
        broker=BrokerSettings(bootstrap=f"127.0.0.1:{free_port()}"),
        topics=TopicsSettings(partitions=2),
        stream=StreamSettings(session_timeout_s=6.0, checkpoint_interval_s=0.5),
        storage=StorageSettings(url=f"sqlite:///{tmp_path}/flagfive.sqlite"),
    )


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path / "log") as processes:
        yield processes


@pytest.fixture
def broker(settings: Settings, processes: Processes) -> Child:
    child = OwnBroker.of(settings).start(processes)
    with administrator(settings.broker) as admin:
        ensure_topics(admin, planned_topics(settings))
    return child


@pytest.fixture
def run(settings: Settings, broker: Child) -> Iterator[StreamRun]:
    with stream_run(settings) as run:
        yield run


def test_a_broker_that_dies_and_comes_back_costs_no_score(
    run: StreamRun, broker: Child, settings: Settings, processes: Processes
) -> None:
    worker = run.start_worker()
    run.send_transactions(PART)
    run.wait_for_scores(1)
    broker.process.kill()
    broker.process.wait()
    OwnBroker.of(settings).start(processes)
    run.send_transactions(PART, seed=1)
    assert_as_never_disturbed(run, 2 * PART)
    assert worker.poll() is None


def test_a_network_that_is_held_costs_no_score(run: StreamRun, broker: Child) -> None:
    worker = run.start_worker()
    run.send_transactions(PART)
    run.wait_for_scores(1)
    broker.process.send_signal(signal.SIGSTOP)
    time.sleep(HELD_S)  # this sleep is the fault itself, not a wait for a condition
    broker.process.send_signal(signal.SIGCONT)
    run.send_transactions(PART, seed=1)
    assert_as_never_disturbed(run, 2 * PART)
    assert worker.poll() is None
