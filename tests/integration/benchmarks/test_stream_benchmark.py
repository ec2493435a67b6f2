"""`./run bench stream --quick`: flagfive's rows run, the scores are right, the figures are well formed.

The command compares each score with a plain computation and counts the scores. A wrong score ends the command
with an error. This test does not check speed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

CLONE = Path(__file__).parents[3]
FIGURES = ("wall_tx_per_s", "cpu_tx_per_s", "peak_mib")
ROWS = {"flagfive_at_least_once", "flagfive_exactly_once", "flagfive_whole_pipeline", "kernel_only"}


@pytest.mark.timeout(900)
def test_quick_run_gives_a_figure_for_every_row_latency_and_growth(broker: str, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-P", "-m", "benchmarks", "stream", "--quick", "--json", str(figures)]
    environment = {**os.environ, "PYTHONPATH": str(CLONE), "FLAGFIVE_BROKER": broker}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    measured = json.loads(figures.read_text())

    assert {row["name"] for row in measured["rows"]} == ROWS
    for row in measured["rows"]:
        assert all(row[figure] > 0 for figure in FIGURES), row
        assert row["ratio_to_kafka_streams"] is None  # Kafka Streams did not run
    assert [row["name"] for row in measured["latency"]] == [
        "broker_floor",
        "flagfive_at_least_once",
        "flagfive_exactly_once",
    ]
    assert all(0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"] for row in measured["latency"])
    assert [point["cards"] for point in measured["growth"]["cards"]] == [10_000]
    assert [point["detectors"] for point in measured["growth"]["detectors"]] == [1, 10]


def test_kafka_streams_is_the_version_of_the_broker() -> None:
    versions = {
        path: ElementTree.parse(CLONE / path).getroot().findtext("{*}properties/{*}kafka.version")
        for path in ("flagfive/broker/pom.xml", "benchmarks/peers/pom.xml")
    }
    assert versions["flagfive/broker/pom.xml"] == versions["benchmarks/peers/pom.xml"] is not None


def test_an_unknown_benchmark_is_named_with_those_that_exist() -> None:
    command = [sys.executable, "-P", "-m", "benchmarks", "nothing"]
    environment = {**os.environ, "PYTHONPATH": str(CLONE)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "'nothing'" in done.stderr
    assert "stream" in done.stderr
