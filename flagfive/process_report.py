"""Checks the processes of this machine by their metrics pages: since when they run, and their memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import get_args

from prometheus_client.parser import text_string_to_metric_families

from flagfive.metrics_page import Process
from settings import Settings

PATIENCE_S = 1.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Wildcard addresses to listen on, and the loopback address that reaches such a listener."""


@dataclass(frozen=True)
class ProcessStatus:
    """One process of this machine."""

    name: str
    port: int
    """Port of its metrics page."""
    answers: bool
    """Whether the page answers."""
    started: float | None = None
    """Start time, seconds since 1970; None if the page does not contain it."""
    mib: float | None = None
    """Resident memory in MiB; None if the page does not contain it."""


def check_processes(settings: Settings) -> Iterator[ProcessStatus]:
    """Read the metrics page of each process that has a port.

    Args:
        settings: the settings with the ports.

    Yields:
        The status of a process.
    """
    host = EVERYWHERE.get(settings.metrics.host, settings.metrics.host)
    for name in get_args(Process):
        port = getattr(settings.metrics, f"{name}_port")
        if port:
            page = _page(host, port)
            values = _process_metrics(page) if page is not None else {}
            memory = values.get("process_resident_memory_bytes")
            yield ProcessStatus(
                name,
                port,
                page is not None,
                values.get("process_start_time_seconds"),
                memory / 2**20 if memory is not None else None,
            )


def _page(host: str, port: int) -> str | None:
    """Fetch the metrics page; None if none is served."""
    connection = HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.read().decode("utf-8") if answer.status == 200 else None
    except (OSError, HTTPException, UnicodeDecodeError):
        return None
    finally:
        connection.close()


def _process_metrics(page: str) -> dict[str, float]:
    """Return the metrics that every process exports about itself; empty if the page is of another kind."""
    try:
        families = list(text_string_to_metric_families(page))
    except ValueError:
        return {}
    return {family.name: family.samples[0].value for family in families if family.name.startswith("process_")}
