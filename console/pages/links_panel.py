"""A panel with the entities within two links: a drawing, and a table with the same for the keyboard."""

import math
from collections.abc import Sequence

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.entity_panel import entity_address
from console.pages.parts import box, cell, empty, failed, panel, table, text, waiting, word
from console.pages.viewer import PageViewer
from console.pages.words import masked
from console.results.entities import EntityLinks, LinkedEntity

WIDTH, HEIGHT = 640.0, 420.0
_RADII = (0.0, 0.55, 1.0)  # of the half of the drawing, by steps
_SEVERAL_STARTS = 0.15
_ROOM = 24.0  # for the circle at the edge
_STEPS = ("here", "one link", "two links")
Place = tuple[float, float]


class LinksPanel:
    """Reads the graph once the page is shown, so that the page does not wait for it."""

    def __init__(self, viewer: PageViewer, route: str) -> None:
        self._viewer, self._route = viewer, route
        with panel("Shared with"), box("stack") as self._place:
            waiting()
        self._place.props("data-links aria-live=polite")
        ui.timer(0.0, self._read, once=True)

    async def _read(self) -> None:
        try:
            found = await self._viewer.api.get(self._route, EntityLinks)
        except ApiRefused as refused:
            self._place.clear()
            with self._place:
                failed(refused.what)
            return
        self._place.clear()
        with self._place:
            _show(found)


def _show(found: EntityLinks) -> None:
    if not found.links:
        empty("No links", "No other entity is in the same payments.", "hub")
        return
    _drawing(found)
    _list(found.entities)
    if found.limited:
        text(f"Left out: {found.limited}.", "muted small")


def places(found: EntityLinks) -> list[Place]:
    """Return where each entity is drawn: on a ring for each step, near what it is linked to."""
    angles: list[float] = [0.0] * len(found.entities)
    for steps in range(3):
        ring = [n for n, one in enumerate(found.entities) if one.steps == steps]
        if steps == 2:
            ring.sort(key=lambda n: (_towards(found, angles, n), n))
        for at, n in enumerate(ring):
            angles[n] = 2 * math.pi * at / len(ring)
    several = sum(one.steps == 0 for one in found.entities) > 1
    radii = (_SEVERAL_STARTS if several else _RADII[0], *_RADII[1:])
    return [
        (
            WIDTH / 2 + (WIDTH / 2 - _ROOM) * radii[one.steps] * math.cos(angle),
            HEIGHT / 2 + (HEIGHT / 2 - _ROOM) * radii[one.steps] * math.sin(angle),
        )
        for one, angle in zip(found.entities, angles, strict=True)
    ]


def _towards(found: EntityLinks, angles: Sequence[float], n: int) -> float:
    """Return the angle of the first entity one link away that an entity is linked to."""
    ends = [(one.source, one.target) for one in found.links if n in (one.source, one.target)]
    others = [a if b == n else b for a, b in ends]
    return min((angles[other] for other in others if found.entities[other].steps == 1), default=0.0)


def _drawing(found: EntityLinks) -> None:
    drawing = box("graph", "svg")
    drawing.props["viewBox"] = f"0 0 {WIDTH:.0f} {HEIGHT:.0f}"
    drawing.props["role"] = "img"
    drawing.props["aria-label"] = (
        f"{len(found.entities)} entities and {len(found.links)} links; the table below has the same"
    )
    at = places(found)
    with drawing:
        for link in found.links:
            line = ui.element("line")
            ends = zip(("x1", "y1", "x2", "y2"), (*at[link.source], *at[link.target]), strict=True)
            for name, value in ends:
                line.props[name] = f"{value:.1f}"
        for one, (x, y) in zip(found.entities, at, strict=True):
            _node(one, x, y)


def _node(one: LinkedEntity, x: float, y: float) -> None:
    look = "fraud" if one.frauds else "watch" if one.alerts else ""
    with ui.element("g").classes(f"{look} {'start' if one.steps == 0 else ''}".strip()):
        circle = ui.element("circle")
        for name, value in (("cx", x), ("cy", y), ("r", 14.0 if one.steps < 2 else 10.0)):
            circle.props[name] = f"{value:.1f}"
        letter = text(one.kind[:1].upper(), tag="text")
        letter.props["x"], letter.props["y"] = f"{x:.1f}", f"{y + 4:.1f}"
        text(f"{one.kind} {masked(one.key)}: {one.payments} payments", tag="title")


def _list(entities: Sequence[LinkedEntity]) -> None:
    heads = ["", "", "~Steps", "#Payments", "~#Alerts", "#Frauds"]
    with table(heads, "Entities within two links"):
        for one in entities:
            with ui.element("tr"):
                text(one.kind, "muted", tag="td")
                with cell():
                    ui.link(masked(one.key), entity_address(one.kind, one.reference)).classes("mono")
                    if one.hub:
                        word("hub").props["title"] = "has more payments than are read"
                text(_STEPS[one.steps], tag="td")
                text(f"{one.payments:,}", "number", tag="td")
                text(f"{one.alerts:,}", "number", tag="td")
                text(f"{one.frauds:,}", "number" + (" fraud-text" if one.frauds else ""), tag="td")
