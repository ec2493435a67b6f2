"""Cases: alerts that analysts work on together."""

from nicegui import ui

from console.pages.address import page
from console.pages.api_client import PREFIX
from console.pages.frame import frame
from console.pages.parts import box, button, cell, dialog_sheet, empty, moment, panel, table, tabs, text, word
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import NOTHING
from console.results.cases import CaseDetails, CaseList, CaseRow

CASE_STATES = ("open", "working", "closed")
MOST = 200


@page("/cases", "Cases")
async def cases(viewer: SignedIn, status: str = "") -> None:
    """Show cases of one status or all, most recently changed first; exports use the same filter."""
    chosen = status if status in CASE_STATES else ""
    with frame(viewer, "Cases") as head:
        found = await viewer.api.get("/cases", CaseList, limit=MOST, status=chosen)
        with head:
            if found.rows:
                _exports(chosen)
            if viewer.may("decide"):
                button("New case", lambda: _begin(viewer), icon="add", kind="go")
        addresses = {one.capitalize(): f"/cases?status={one}" for one in CASE_STATES}
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


def _exports(status: str) -> None:
    of_status = f"&status={status}" if status else ""
    for kind in ("csv", "json"):
        ui.link(kind.upper(), f"{PREFIX}/cases/export?format={kind}{of_status}").props("download")


def _list(viewer: PageViewer, rows: list[CaseRow]) -> None:
    with table(["Title", "Status", "Owner", "#Alerts", "Changed"], "Cases"):
        for row in rows:
            with ui.element("tr"):
                with cell():
                    ui.link(row.title, f"/cases/{row.id}").classes("strong")
                with cell():
                    word(row.status)
                text(row.owner or NOTHING, tag="td")
                text(f"{row.alerts:,}", "number", tag="td")
                with cell(), box("muted"):
                    moment(row.changed_at, viewer.zone)


def _begin(viewer: PageViewer) -> None:
    async def make() -> None:
        with notify_refusals():
            made = await viewer.api.post("/cases", CaseDetails, {"title": (title.value or "").strip()})
            ui.navigate.to(f"/cases/{made.id}")

    with dialog_sheet() as dialog:
        text("New case", tag="h2")
        title = ui.input("Title").props("outlined dense autofocus maxlength=200").on("keydown.enter", make)
        with box("line"):
            button("Create", make, kind="go")
            button("Cancel", dialog.close)
