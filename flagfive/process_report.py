"""The processes of this machine that serve a metrics page: since when they run, and what they hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import get_args

from prometheus_client.parser import text_string_to_metric_families

from flagfive.metrics_page import Process
from settings import Settings

PATIENCE_S = 1.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses to listen on, and where such a listener is reached from this machine."""


@dataclass(frozen=True)
class ProcessStatus:
    """A process and its port; `started` in epoch seconds and resident `mib` where the page tells them."""

    name: str
    port: int
    answers: bool
    started: float | None = None
    mib: float | None = None


def check_processes(settings: Settings) -> Iterator[ProcessStatus]:
    """Ask the page of each process that has a port."""
    host = EVERYWHERE.get(settings.metrics.host, settings.metrics.host)
    for name in get_args(Process):
        port = getattr(settings.metrics, f"{name}_port")
        if port:
            page = _page(host, port)
            told = _told(page) if page is not None else {}
            held = told.get("process_resident_memory_bytes")
            yield ProcessStatus(
                name,
                port,
                page is not None,
                told.get("process_start_time_seconds"),
                held / 2**20 if held is not None else None,
            )


def _page(host: str, port: int) -> str | None:
    """The metrics page; None where nobody serves one."""
    connection = HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.read().decode("utf-8") if answer.status == 200 else None
    except (OSError, HTTPException, UnicodeDecodeError):
        return None
    finally:
        connection.close()


def _told(page: str) -> dict[str, float]:
    """Values of what every process tells of itself; empty where another program serves something else."""
    try:
        families = list(text_string_to_metric_families(page))
    except ValueError:
        return {}
    return {family.name: family.samples[0].value for family in families if family.name.startswith("process_")}
