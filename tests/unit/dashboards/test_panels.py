"""Dashboards and rules fit the code: every metric in them exists, and every metric appears in them."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from prometheus_client import REGISTRY, generate_latest

from contracts import metrics
from dashboards.pages import ALL
from monitoring.alarms import NAMES
from settings import Settings
from tests.dashboard_files import (
    CLONE,
    DASHBOARDS,
    NAME,
    alerts,
    panel_expressions,
    panels,
    rules,
)
from tests.system_tools import find_promtool

SUFFIXES = {
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("_count", "_sum"),
    "counter": ("_total",),
}


def families() -> dict[str, set[str]]:
    """Return our metrics as Prometheus stores them, by family. Importing a module registers its metrics."""
    for module in iter_modules(metrics.__path__):
        import_module(f"{metrics.__name__}.{module.name}")
    found = {}
    for family in REGISTRY.collect():
        if family.name.startswith("flagfive_"):
            found[family.name] = {family.name + end for end in SUFFIXES.get(family.type, ("",))}
    return found


def asked() -> set[str]:
    """Return every name in an expression of a panel or a rule."""
    expressions = [expression for _, expression in panel_expressions()] + [rule["expr"] for rule in rules()]
    return {name for expression in expressions for name in NAME.findall(expression)}


def known() -> set[str]:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    return recorded.union(*families().values())


def test_every_panel_and_rule_asks_for_metrics_that_exist() -> None:
    assert len(asked()) > 50
    assert asked() - known() == set()


def test_every_metric_is_on_a_panel_or_in_a_rule() -> None:
    assert {family for family, names in families().items() if not names & asked()} == set()


def test_every_recorded_figure_is_used() -> None:
    assert {rule["record"] for rule in rules() if "record" in rule} - asked() == set()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_says_what_it_shows_and_in_which_unit(dashboard: Path) -> None:
    for panel in panels(dashboard):
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_dashboards_are_what_build_writes() -> None:
    written = {path.stem: path.read_text() for path in DASHBOARDS}
    assert written == {one.name: one.text() for one in ALL}


def test_panels_do_not_overlap() -> None:
    for dashboard in DASHBOARDS:
        cells = [
            (x, y)
            for place in (panel["gridPos"] for panel in panels(dashboard))
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24


def test_names_help_and_types_pass_the_linter_of_prometheus() -> None:
    exposed = b"\n".join(
        line for line in generate_latest().splitlines(keepends=False) if b"flagfive_" in line
    )
    done = subprocess.run(
        [find_promtool(), "check", "metrics"], input=exposed + b"\n", capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_prometheus_scrapes_the_ports_that_the_processes_serve() -> None:
    text = (CLONE / "dashboards" / "prometheus.yml").read_text()
    ports = Settings().metrics
    found = dict(re.findall(r"names: \[(\w+)\], type: A, port: (\d+)", text))
    assert found == {
        name: str(getattr(ports, f"{name}_port"))
        for name in ("worker", "recorder", "adapter", "monitor", "console", "decide")
    }


@pytest.mark.parametrize("alert", alerts(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_alert_has_words_for_people_and_a_runbook(alert: dict[str, dict[str, str]]) -> None:
    notes = alert["annotations"]
    assert notes["summary"]
    assert notes["description"].endswith((".", "}"))
    page = CLONE / notes["runbook_url"]
    text = page.read_text()
    assert text.startswith(f"# {alert['alert']}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Diagnose", "Fix", "Resolved when"]


def test_every_runbook_is_of_an_alert() -> None:
    pages = {path.stem for path in (CLONE / "docs" / "runbooks").glob("*.md")}
    assert pages == {rule["alert"] for rule in alerts()}


def test_what_an_alarm_of_the_monitor_names_is_told_by_an_alert() -> None:

    told = {name for rule in alerts() for name in re.findall(r'alarm="(\w+)"', rule["expr"])}
    assert told == set(NAMES)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "dashboards/prometheus.yml"),
        ("check", "rules", "dashboards/rules/recording.yml", "dashboards/rules/alerts.yml"),
        ("test", "rules", "dashboards/rules/tests.yml"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_promtool_is_content(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [find_promtool(), *arguments], cwd=CLONE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    text = (CLONE / "dashboards" / "rules" / "tests.yml").read_text()
    outcomes = re.findall(r'ALERTS\{alertname="(\w+)".*exp_samples: (\[\]|\[\{)', text)
    fires = {name for name, samples in outcomes if samples != "[]"}
    assert fires == {rule["alert"] for rule in alerts()}
