"""A process whose work stands still is not alive, and one that waits for something is not ready."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest

from contracts.heartbeat import HEARTBEATS, Heartbeats
from contracts.metrics.serving import serve_on_any_port


@pytest.fixture
def port() -> Iterator[int]:
    yield serve_on_any_port("127.0.0.1")
    for name in ("receive thread", "event loop"):
        HEARTBEATS.end(name)
    HEARTBEATS.ready("the control log")


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_work_is_late_after_its_time_and_in_time_again_after_a_beat() -> None:
    now = [0.0]
    beats = Heartbeats(lambda: now[0])
    beats.beat("loop", within_s=10.0)
    now[0] = 10.0
    assert beats.late() == {}
    now[0] = 11.0
    assert beats.late() == {"loop": 11.0}
    beats.beat("loop", within_s=10.0)
    assert beats.late() == {}


def test_a_dead_thread_is_named_and_the_process_is_neither_alive_nor_ready(port: int) -> None:
    HEARTBEATS.beat("event loop", within_s=60.0)
    assert asked(port, "/live") == (200, "ok\n")
    HEARTBEATS.beat("receive thread", within_s=-1.0)
    for path in ("/live", "/ready"):
        status, said = asked(port, path)
        assert (status, "receive thread: no turn for" in said) == (503, True)


def test_a_process_that_waits_is_alive_and_not_ready(port: int) -> None:
    HEARTBEATS.await_ready("the control log")
    assert asked(port, "/live")[0] == 200
    assert asked(port, "/ready") == (503, "waits for the control log\n")
    HEARTBEATS.ready("the control log")
    assert asked(port, "/ready")[0] == 200


def test_metrics_are_served_as_before(port: int) -> None:
    status, said = asked(port, "/metrics")
    assert (status, "# HELP" in said) == (200, True)
