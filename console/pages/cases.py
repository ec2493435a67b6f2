"""Cases: alerts of one entity or ring, kept together while somebody works on them."""

from nicegui import ui

from console.pages.api_client import PREFIX
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, moment, panel, table, tabs, text, word
from console.pages.refusals import telling
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import NOTHING
from console.results.cases import CaseDetails, CaseList, CaseRow

CASE_STATES = ("open", "working", "closed")
MOST = 200


@ui.page("/cases", title="Cases · flagfive")
async def cases(viewer: SignedIn, status: str = "") -> None:
    """Cases of one status or of all, the one changed last first; what is exported is what is shown."""
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
                empty("No case", "A case groups alerts of one card or one ring.", "folder_open")
        if found.total > MOST:
            text(f"Shown are the {MOST} of {found.total:,} that changed last; a file has all.", "muted")


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
        with telling():
            made = await viewer.api.post("/cases", CaseDetails, {"title": (title.value or "").strip()})
            ui.navigate.to(f"/cases/{made.id}")

    with ui.dialog(value=True) as dialog, box("sheet"):
        text("New case", tag="h2")
        title = ui.input("Title").props("outlined dense autofocus maxlength=200").on("keydown.enter", make)
        with box("line"):
            button("Create", make, kind="go")
            button("Cancel", dialog.close)
