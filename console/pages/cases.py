"""Cases: alerts of one entity or ring, kept together while somebody works on them."""

from typing import Any

from nicegui import ui

from console.pages.api_client import PREFIX
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, moment, panel, table, text, word
from console.pages.refusals import telling
from console.pages.viewer import SignedIn, Viewer
from console.pages.words import NOTHING


@ui.page("/cases", title="Cases · flagfive")
async def cases(viewer: SignedIn) -> None:
    """All cases, the one changed last first."""
    with frame(viewer, "Cases") as head:
        found = await viewer.api.get("/cases", limit=200)
        with head:
            for kind in ("csv", "json"):
                ui.link(kind.upper(), f"{PREFIX}/cases/export?format={kind}").props("download")
            if viewer.may("decide"):
                button("New case", lambda: _begin(viewer), icon="add", kind="go")
        with panel():
            if found["rows"]:
                _list(viewer, found["rows"])
            else:
                empty("No case yet", "A case groups alerts of one card or one ring.", "folder_open")


def _list(viewer: Viewer, rows: list[dict[str, Any]]) -> None:
    with table(["Title", "Status", "Owner", "#Alerts", "Changed"], "Cases"):
        for row in rows:
            with ui.element("tr"):
                with cell():
                    ui.link(row["title"], f"/cases/{row['id']}").classes("strong")
                with cell():
                    word(row["status"])
                text(row["owner"] or NOTHING, tag="td")
                text(f"{row['alerts']:,}", "number", tag="td")
                with cell(), box("muted"):
                    moment(row["changed_at"], viewer.zone)


def _begin(viewer: Viewer) -> None:
    async def make() -> None:
        with telling():
            made = await viewer.api.post("/cases", {"title": (title.value or "").strip()})
            ui.navigate.to(f"/cases/{made['id']}")

    with ui.dialog(value=True) as dialog, box("sheet"):
        text("New case", tag="h2")
        title = ui.input("Title").props("outlined dense autofocus maxlength=200").on("keydown.enter", make)
        with box("line"):
            button("Create", make, kind="go")
            button("Cancel", dialog.close)
