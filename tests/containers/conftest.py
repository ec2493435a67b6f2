"""One stack of containers for all tests of this folder; each test leaves it running."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.network import is_private
from tests.containers.stack import Stack

WITHIN_S = 2400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the time that a busy machine takes to start everything."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.timeout(WITHIN_S))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start the services in the order of their `depends_on`, each when those before it are healthy."""
    if not is_private():
        pytest.skip("needs a network of its own; run it as: ./run test containers")
    stack = Stack.prepared(tmp_path_factory.mktemp("containers"))
    stack.down()  # what a run that was killed has left
    try:
        stack.up("kafka")
        stack.up("postgres")
        stack.wait_until_healthy("kafka")
        stack.wait_until_healthy("postgres")
        stack.up("topics")
        stack.wait_until_done("topics")
        for name in ("worker", "recorder", "monitor", "console", "decide", "prometheus"):
            began = time.monotonic()
            stack.up(name)
            stack.wait_until_healthy(name)
            print(f"{name} answers its health check after {time.monotonic() - began:.1f} s", flush=True)
        yield stack
    finally:
        stack.down()
