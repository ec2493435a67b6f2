"""Fixtures for all tests: a real broker, fresh topics on it, and a marker for each folder."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from flagfive.cluster import administrator
from flagfive.own_broker import OwnBroker, broker_is_given, free_port
from flagfive.processes import Processes
from settings import BrokerSettings, Settings
from tests.set_up import own_set_up

FOLDERS = ("contract", "integration", "end_to_end")
END_TO_END_SECONDS = 900  # a whole demo on a slow machine, including the first compilation

# The first call of a kernel compiles it, so a slow first call does not mean a slow test.
hypothesis.settings.register_profile("flagfive", deadline=None)
hypothesis.settings.load_profile("flagfive")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the name of its folder under tests/."""
    here = Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(here):
            continue  # the examples in docstrings
        folder = item.path.relative_to(here).parts[0]
        if folder in FOLDERS:
            item.add_marker(getattr(pytest.mark, folder))
        if folder == "end_to_end" and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(END_TO_END_SECONDS))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the errors of tests that failed once and passed at the second try."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.line(report.longreprtext)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a real Kafka broker: FLAGFIVE_BROKER, or a broker started for the session."""
    if broker_is_given():
        yield os.environ["FLAGFIVE_BROKER"]
        return
    folder = tmp_path_factory.mktemp("broker")
    address = f"127.0.0.1:{free_port()}"
    settings = Settings(var=folder, broker=BrokerSettings(bootstrap=address))
    with Processes(folder / "log") as processes:
        OwnBroker.of(settings).start(processes)
        yield address


@pytest.fixture
def stream_settings(broker: str, tmp_path: Path) -> Settings:
    """Return the settings of a separate set-up on two partitions."""
    return own_set_up(broker, tmp_path, partitions=2)


@pytest.fixture
def fresh_topic(broker: str) -> Callable[..., str]:
    """Return a function that creates a new topic.

    Example: fresh_topic(partitions=1, retention_ms="1000")
    """

    def create(partitions: int = 1, **configs: str) -> str:
        name = f"t{uuid.uuid4().hex[:12]}"
        options = {
            "num_partitions": partitions,
            "replication_factor": 1,
            "configs": {key.replace("_", "."): value for key, value in configs.items()},
        }
        with administrator(BrokerSettings(bootstrap=broker)) as admin:
            admin.create_topics({name: options}, wait_for_metadata=True)
        return name

    return create
