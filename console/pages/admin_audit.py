"""The audit log: search, export, and a check of its hash chain."""

from typing import Any

from nicegui import events, ui

from console.pages.api_client import PREFIX
from console.pages.grid import column, rows_grid, show
from console.pages.parts import box, button, empty
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.administration import AuditCheck, AuditList


async def audit(viewer: PageViewer) -> None:
    """Show the log as a grid, newest first."""
    await viewer.api.get("/audit", AuditList, limit=1)  # shows the refusal where the viewer may not read it
    query: dict[str, Any] = {}
    with box("filters").props('role=search aria-label="Search the audit log"'):
        for name, label in (("actor", "Actor"), ("action", "Action"), ("subject", "Subject")):
            field = ui.input(label).props("outlined dense clearable debounce=300")

            def changed(event: events.ValueChangeEventArguments[Any], name: str = name) -> None:
                query[name] = event.value
                show(grid, "/audit", **query)

            field.on_value_change(changed)
        box("grow")
        button("Verify chain", lambda: _verify(viewer), icon="verified")
        for kind in ("csv", "json"):
            ui.link(kind.upper(), f"{PREFIX}/audit/export?format={kind}").props("download")
    with box("grid-holder"):
        grid = rows_grid("/audit", COLUMNS, label="Audit log", key="id")
        empty("No entries", "No entry matches the filters.", "fact_check").props("data-empty hidden")


COLUMNS = [
    column("When", "time", "moment", width=136),
    column("Actor", "author", width=130),
    column("Address", "address", "token", width=130, wide=True),
    column("Action", "action", width=180),
    column("Subject", "subject", "token", minWidth=160, flex=1),
    column("Before", "before", "json", minWidth=160, flex=1, wide=True),
    column("After", "after", "json", minWidth=160, flex=1, wide=True),
]


async def _verify(viewer: PageViewer) -> None:
    with notify_refusals():
        found = await viewer.api.get("/audit/verify", AuditCheck)
        if found.intact:
            ui.notify(f"The chain of {found.entries:,} entries is intact", type="positive")
        else:
            ui.notify(f"The chain is broken at entry {found.first_bad}", type="negative")
