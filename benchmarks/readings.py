"""Read metrics of a process over HTTP, and CPU clocks. Differences of two readings hold on any machine."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping

import psutil
from prometheus_client.parser import text_string_to_metric_families

Sample = tuple[str, tuple[tuple[str, str], ...]]
"""Name and labels."""
SCRAPE_S = 10.0


def scrape(port: int) -> dict[Sample, float]:
    """Return all samples of the metrics at a port of this machine."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SCRAPE_S) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }


def gained_between(before: Mapping[Sample, float], after: Mapping[Sample, float]) -> dict[Sample, float]:
    """Return by how much each sample grew."""
    return {sample: value - before.get(sample, 0.0) for sample, value in after.items()}


def listener(port: int) -> psutil.Process | None:
    """Return the process of this machine that listens on `port`; None where there is none."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return psutil.Process(connection.pid)
    return None


def cpu_of(process: psutil.Process | None) -> float:
    """Return the CPU seconds of a process; NaN for None."""
    if process is None:
        return float("nan")
    times = process.cpu_times()
    return float(times.user + times.system)
