"""A panel with the profile of a card, merchant or other entity."""

from collections.abc import Callable
from urllib.parse import quote

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, facts, moment, panel, sparkline, text
from console.pages.viewer import PageViewer
from console.pages.words import amount, count, masked
from console.results.entities import EntityDay, EntityDetails

LINES: tuple[tuple[str, Callable[[EntityDay], float]], ...] = (
    ("Payments a day", lambda day: day.transactions),
    ("Amount a day", lambda day: day.amount),
    ("Highest surprise a day", lambda day: day.highest_surprise),
)


def entity_address(kind: str, reference: str) -> str:
    """Return the address of an entity's page."""
    return f"/entities/{quote(kind, safe='')}/{quote(reference, safe='')}"


async def entity_panel(viewer: PageViewer, kind: str, reference: str) -> None:
    """Show a panel for one entity, or the reason why there is none."""
    try:
        found = await viewer.api.get(entity_address(kind, reference), EntityDetails)
    except ApiRefused as refused:
        with panel(kind.capitalize()):
            text(refused.what, "muted")
        return
    with panel():
        with box("panel-head"):
            text(kind.capitalize(), tag="h2")
            ui.link(masked(found.key), entity_address(kind, reference)).classes("mono")
        profile(viewer, found)


def profile(viewer: PageViewer, found: EntityDetails) -> None:
    """Show the figures of an entity, and a sparkline for each daily figure."""
    figures = found.profile
    latest = "" if figures.whole else "the latest "
    facts(
        [
            ("Payments", f"{latest}{figures.transactions:,}"),
            ("Mean amount", amount(figures.mean_amount, figures.currency)),
            ("Largest", amount(figures.largest_amount, figures.currency)),
            ("Alerts", count(figures.alerts, "alert")),
            ("Confirmed", count(figures.frauds, "fraud")),
        ]
    )
    with box("line muted small").style("margin-top: 4px"):
        text("Seen from", tag="span")
        moment(figures.first_seen, viewer.zone)
        text("to", tag="span")
        moment(figures.last_seen, viewer.zone)
    with box("lines"):
        for name, value in LINES:
            values = [value(day) for day in found.days]
            with box("stack tight"):
                text(name, "muted small")
                sparkline(values, f"{name}: {len(values)} days, last {values[-1]:,.1f}" if values else name)
