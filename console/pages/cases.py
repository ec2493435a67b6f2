"""Cases: alerts that analysts work on together."""

from urllib.parse import urlencode

from nicegui import ui

from console.pages.address import page
from console.pages.api_client import PREFIX
from console.pages.case_terms import PRIORITIES, due
from console.pages.frame import frame
from console.pages.parts import box, button, cell, dialog_sheet, empty, moment, panel, table, tabs, text, word
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import NOTHING
from console.results.cases import CaseDetails, CaseList, CaseRow

CASE_STATES = ("open", "working", "closed")
OVERDUE = "overdue"
MOST = 200


@page("/cases", "Cases")
async def cases(viewer: SignedIn, status: str = "") -> None:
    """Show cases of one status, overdue ones or all, most recently changed first; exports filter alike."""
    chosen = status if status in (*CASE_STATES, OVERDUE) else ""
    query = {"overdue": "true"} if chosen == OVERDUE else {"status": chosen}
    with frame(viewer, "Cases") as head:
        found = await viewer.api.get("/cases", CaseList, limit=MOST, **query)
        with head:
            if found.rows:
                _exports({name: value for name, value in query.items() if value})
            if viewer.may("decide"):
                button("New case", lambda: _begin(viewer), icon="add", kind="go")
        addresses = {one.capitalize(): f"/cases?status={one}" for one in (*CASE_STATES, OVERDUE)}
        tabs({"All": "/cases"} | addresses, chosen.capitalize() or "All", "Status")
        with panel():
            if found.rows:
                _list(viewer, found.rows)
            else:
                empty("No cases", "A case groups the alerts of one card or one fraud ring.", "folder_open")
        if found.total > MOST:
            text(
                f"Showing the {MOST} most recently changed of {found.total:,} cases. Export a file for all.",
                "muted",
            )


def _exports(query: dict[str, str]) -> None:
    for kind in ("csv", "json"):
        address = f"{PREFIX}/cases/export?{urlencode({'format': kind} | query)}"
        ui.link(kind.upper(), address).props("download")


def _list(viewer: PageViewer, rows: list[CaseRow]) -> None:
    heads = ["Title", "Status", "Owner", "#Alerts", "~Priority", "Due", "~Changed"]
    with table(heads, "Cases"):
        for row in rows:
            with ui.element("tr"):
                with cell():
                    ui.link(row.title, f"/cases/{row.id}").classes("strong")
                with cell():
                    word(row.status)
                    if row.merged_into is not None:
                        text("merged", "muted small", tag="span")
                text(row.owner or NOTHING, tag="td")
                text(f"{row.alerts:,}", "number", tag="td")
                with cell():
                    word(row.priority)
                with cell():
                    due(viewer, row)
                with cell(), box("muted"):
                    moment(row.changed_at, viewer.zone)


def _begin(viewer: PageViewer) -> None:
    async def make() -> None:
        with notify_refusals():
            wanted = {"title": (title.value or "").strip(), "priority": priority.value}
            made = await viewer.api.post("/cases", CaseDetails, wanted)
            ui.navigate.to(f"/cases/{made.id}")

    with dialog_sheet() as dialog:
        text("New case", tag="h2")
        title = ui.input("Title").props("outlined dense autofocus maxlength=200").on("keydown.enter", make)
        priority = ui.select(list(PRIORITIES), value="normal", label="Priority").props("outlined dense")
        with box("line"):
            button("Create", make, kind="go")
            button("Cancel", dialog.close)
