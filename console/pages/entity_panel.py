"""Who a card or merchant is: its profile in numbers and lines."""

from urllib.parse import quote

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, facts, panel, sparkline, text
from console.pages.viewer import Viewer

MOST_SERIES = 4


def entity_address(kind: str, reference: str) -> str:
    """Address of an entity's own page."""
    return f"/entities/{quote(kind, safe='')}/{quote(reference, safe='')}"


async def entity_panel(viewer: Viewer, kind: str, reference: str) -> None:
    """A panel for one entity; where nothing is known of it, it says so."""
    try:
        found = await viewer.api.get(entity_address(kind, reference))
    except ApiRefused as refused:
        with panel(kind.capitalize()):
            text(refused.what, "muted")
        return
    with panel():
        with box("panel-head"):
            text(kind.capitalize(), tag="h2")
            ui.link(found["key"], entity_address(kind, reference)).classes("mono")
        facts([(one["name"], one["text"]) for one in found["numbers"]])
        series_lines(found["series"])


def series_lines(series: list[dict[str, object]]) -> None:
    """Each series as a line under its name."""
    with box("tiles").style("margin-top: 12px"):
        for one in series[:MOST_SERIES]:
            values = [float(str(value)) for value in _list(one["values"])]
            with box(""):
                text(str(one["name"]), "muted small")
                sparkline(
                    values, f"{one['name']}, {len(values)} values, last {values[-1] if values else '-'}"
                )


def _list(values: object) -> list[object]:
    return list(values) if isinstance(values, list) else []
