"""Serves metrics, liveness and readiness of a process over HTTP."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer

from prometheus_client import MetricsHandler

from contracts.heartbeat import HEARTBEATS

LIVE, READY = "/live", "/ready"


class ProcessHandler(MetricsHandler):
    """Answers `/live` and `/ready` from the heartbeats, and everything else with the metrics."""

    def do_GET(self) -> None:  # noqa: N802 - the name that the base class calls
        """Answer 200, or 503 with what is late or missing in words."""
        path = self.path.partition("?")[0]
        if path not in (LIVE, READY):
            super().do_GET()
            return
        wrong = [f"{name}: no turn for {since:.0f} s" for name, since in HEARTBEATS.late().items()]
        if path == READY:
            wrong += [f"waits for {name}" for name in HEARTBEATS.missing()]
        body = ("\n".join(wrong) or "ok").encode() + b"\n"
        self.send_response(503 if wrong else 200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def serve(host: str, port: int) -> int | None:
    """Serve the metrics, liveness and readiness of this process in the background.

    Args:
        host: address to listen on.
        port: 1 to 65535; 0 serves none.

    Returns:
        The port; None where none is served.

    Raises:
        OSError: the port is taken.
    """
    return _serve(host, port) if port else None


def serve_on_any_port(host: str) -> int:
    """As `serve`, at a free port, which is returned."""
    return _serve(host, 0)


def _serve(host: str, port: int) -> int:
    server = _Server((host, port), ProcessHandler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return int(server.server_address[1])
