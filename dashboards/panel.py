"""Grafana dashboards and panels, laid out in rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SOURCE = {"type": "prometheus", "uid": "prometheus"}
COLUMNS, WIDTH, HEIGHT = 24, 8, 7


@dataclass(frozen=True)
class Panel:
    """One panel. `lines` are expressions with legends; `limits` are values from which on a colour applies."""

    title: str
    shows: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    width: int = WIDTH
    limits: tuple[tuple[float, str], ...] = ()

    def to_json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """Return the panel as Grafana reads it, at a position of the grid."""
        targets = [
            {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for at, (expression, legend) in enumerate(self.lines)
        ]
        steps = [{"color": "green", "value": None}, *({"color": c, "value": v} for v, c in self.limits)]
        defaults: dict[str, Any] = {"unit": self.unit}
        if self.limits:
            defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        options: dict[str, Any] = {"legend": {"displayMode": "list", "placement": "bottom"}}
        if self.kind != "timeseries":
            options = {"reduceOptions": {"calcs": ["lastNotNull"]}}
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.shows,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": HEIGHT},
            "targets": targets,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options,
        }


@dataclass(frozen=True)
class Dashboard:
    """One dashboard; its panels fill rows from left to right."""

    name: str
    title: str
    panels: tuple[Panel, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the dashboard as Grafana reads it."""
        return {
            "uid": f"flagfive-{self.name}",
            "title": f"flagfive: {self.title}",
            "tags": ["flagfive"],
            "schemaVersion": 41,
            "version": 1,
            "editable": False,
            "refresh": "10s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": []},
            "annotations": {"list": []},
            "links": [{"type": "dashboards", "tags": ["flagfive"], "title": "flagfive", "asDropdown": False}],
            "panels": _laid_out(self.panels),
        }

    def text(self) -> str:
        """Return the content of the JSON file."""
        return json.dumps(self.to_json(), indent=1) + "\n"


def _laid_out(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    x, y, found = 0, 0, []
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > COLUMNS:
            x, y = 0, y + HEIGHT
        found.append(panel.to_json(number, x, y))
        x += panel.width
    return found
