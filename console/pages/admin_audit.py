"""The audit log: who did what, when, from where; searched, exported, and checked for being whole."""

from typing import Any

from nicegui import events, ui

from console.pages.api_client import PREFIX
from console.pages.grid import column, rows_grid, show
from console.pages.parts import box, button, empty
from console.pages.refusals import telling
from console.pages.viewer import PageViewer
from console.results.administration import AuditCheck, AuditList


async def audit(viewer: PageViewer) -> None:
    """The log as a grid, latest first."""
    await viewer.api.get("/audit", AuditList, limit=1)  # says why where the viewer may not read it
    query: dict[str, Any] = {}
    with box("filters").props('role=search aria-label="Search the audit log"'):
        for name, label in (("actor", "Who"), ("action", "What"), ("subject", "On what")):
            field = ui.input(label).props("outlined dense clearable debounce=300")

            def changed(event: events.ValueChangeEventArguments[Any], name: str = name) -> None:
                query[name] = event.value
                show(grid, "/audit", **query)

            field.on_value_change(changed)
        box("grow")
        button("Check the chain", lambda: _verify(viewer), icon="verified")
        for kind in ("csv", "json"):
            ui.link(kind.upper(), f"{PREFIX}/audit/export?format={kind}").props("download")
    with box("grid-holder"):
        grid = rows_grid("/audit", COLUMNS, label="Audit log", key="id")
        empty("No entry", "Nothing matches.", "fact_check").props("data-empty hidden")


COLUMNS = [
    column("When", "time", "moment", width=136),
    column("Who", "author", width=130),
    column("From", "address", "token", width=130, wide=True),
    column("What", "action", width=180),
    column("On what", "subject", "token", minWidth=160, flex=1),
    column("Before", "before", "json", minWidth=160, flex=1, wide=True),
    column("After", "after", "json", minWidth=160, flex=1, wide=True),
]


async def _verify(viewer: PageViewer) -> None:
    with telling():
        found = await viewer.api.get("/audit/verify", AuditCheck)
        if found.intact:
            ui.notify(f"The chain of {found.entries:,} entries is whole", type="positive")
        else:
            ui.notify(f"The chain is broken at entry {found.first_bad}", type="negative")
