"""Read dashboards/: panels, rules and their expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CLONE = Path(__file__).resolve().parent.parent
DASHBOARDS = sorted((CLONE / "dashboards" / "grafana").glob("*.json"))
RULE_FILES = [CLONE / "dashboards" / "rules" / name for name in ("recording.yml", "alerts.yml")]
NAME = re.compile(r"\bflagfive[_:][\w:]+")


def panels(dashboard: Path) -> list[dict[str, Any]]:
    """Return the panels of a dashboard."""
    found: list[dict[str, Any]] = json.loads(dashboard.read_text())["panels"]
    return found


def panel_expressions() -> Iterator[tuple[str, str]]:
    """Return the location and the expression of every panel."""
    for dashboard in DASHBOARDS:
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield f"{dashboard.stem}: {panel['title']}", target["expr"]


def rules() -> list[dict[str, Any]]:
    """Return every recording and alerting rule."""
    files = [yaml.safe_load(path.read_text()) for path in RULE_FILES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Return every alerting rule."""
    return [rule for rule in rules() if "alert" in rule]


def left_sides(expression: str) -> list[str]:
    """Return what an alert compares with its limits; it must return data even when the alert does not fire.

    >>> left_sides('a > 14.4 and on () b > 0')
    ['a', 'b']
    """
    parts = re.split(r"\s+and\s+(?:on\s*\(\)\s*)?", expression)
    return [re.sub(r"\s*(?:[<>]=?|==|!=)\s*[\d.e+-]+\s*$", "", part) for part in parts]
