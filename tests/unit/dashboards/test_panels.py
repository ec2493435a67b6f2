"""The dashboards and the compose file fit the code: every metric, port and verb that they name exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from settings import Settings
from stream import metrics

CLONE = Path(__file__).resolve().parents[3]
DASHBOARDS = sorted((CLONE / "dashboards").rglob("*.json"))
SUFFIXES = ("_bucket", "_count", "_sum")


def known_metrics() -> set[str]:
    """Names of our metrics as Prometheus stores them; importing `metrics` has registered them."""
    assert metrics.RECORDED is not None
    families = [family for family in REGISTRY.collect() if family.name.startswith("flagfive_")]
    plain = {family.name for family in families}
    counters = {family.name + "_total" for family in families if family.type == "counter"}
    spread = {family.name + end for family in families if family.type == "histogram" for end in SUFFIXES}
    return plain | counters | spread


def expressions(dashboard: Path) -> Iterator[tuple[str, str]]:
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.name)
def test_every_panel_asks_for_metrics_that_exist(dashboard: Path) -> None:
    known = known_metrics()
    asked = {
        (title, name) for title, expression in expressions(dashboard)
        for name in re.findall(r"flagfive_\w+", expression)
    }  # fmt: skip
    assert asked
    assert {(title, name) for title, name in asked if name not in known} == set()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.name)
def test_every_panel_says_what_it_shows_and_in_which_unit(dashboard: Path) -> None:
    for panel in json.loads(dashboard.read_text())["panels"]:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_prometheus_scrapes_the_ports_that_the_processes_serve() -> None:
    text = (CLONE / "dashboards" / "prometheus.yml").read_text()
    ports = Settings().metrics
    found = dict(re.findall(r"names: \[(\w+)\], type: A, port: (\d+)", text))
    assert found == {
        "worker": str(ports.worker_port),
        "recorder": str(ports.recorder_port),
        "adapter": str(ports.adapter_port),
    }


def test_every_image_is_pinned_to_a_version() -> None:
    texts = [(CLONE / name).read_text() for name in ("docker-compose.yml", "Dockerfile")]
    images = re.findall(r"^\s*image: (\S+)|^FROM (\S+)", "\n".join(texts), re.MULTILINE)
    assert images
    for image in (one or other for one, other in images):
        assert re.search(r":v?\d+\.\d+", image), image
