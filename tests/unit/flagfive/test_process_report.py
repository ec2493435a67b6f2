"""The report of `flagfive status` on the processes of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from prometheus_client import start_http_server

from flagfive.own_broker import free_port
from flagfive.process_report import check_processes
from settings import MetricsSettings, Settings


def ports(**own: int) -> Settings:
    """Return settings with only the given pages."""
    none = dict.fromkeys(
        ("worker_port", "recorder_port", "adapter_port", "monitor_port", "console_port", "decide_port"), 0
    )
    return Settings(metrics=MetricsSettings.model_validate({"host": "0.0.0.0", **none, **own}))


def test_a_process_that_serves_its_page_is_told_with_its_age_and_memory() -> None:
    server, thread = start_http_server(0, addr="127.0.0.1")
    try:
        (console,) = check_processes(ports(console_port=server.server_port))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert (console.name, console.answers) == ("console", True)
    assert console.started is not None
    assert console.started < time.time()
    assert console.mib is not None
    assert 1 < console.mib < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_where_nobody_listens_nobody_answers() -> None:
    (monitor,) = check_processes(ports(monitor_port=free_port()))
    assert (monitor.name, monitor.answers, monitor.started) == ("monitor", False, None)


@pytest.fixture
def stranger() -> Iterator[int]:
    """Serve another program's page at one of our ports."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>not { metrics</html>\n")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_another_program_at_the_port_does_no_harm(stranger: int) -> None:
    (adapter,) = check_processes(ports(adapter_port=stranger))
    assert (adapter.answers, adapter.started, adapter.mib) == (True, None, None)
