"""Every change of what is in force, with who and why, and the way back."""

from functools import partial
from typing import Any

from nicegui import ui

from console.pages.parts import box, button, cell, empty, moment, panel, table, text
from console.pages.refusals import telling
from console.pages.viewer import Viewer

SHOWN = 25


async def control_history(viewer: Viewer) -> None:
    """The latest changes; whoever may approve can roll one back."""
    rows = (await viewer.api.get("/control-entries", limit=SHOWN))["rows"]
    with panel("What changed"):
        if not rows:
            empty("Nothing was announced yet", "Changes appear here as soon as they are in force.", "history")
            return
        with table(["When", "Entry", "By", "Why", ""], "Changes of what is in force"):
            for row in rows:
                _row(viewer, row)


def _row(viewer: Viewer, row: dict[str, Any]) -> None:
    with ui.element("tr"):
        with cell(), box("muted"):
            moment(row["time"], viewer.zone)
        with cell():
            text(row["key"], "mono")
            text(f"offset {row['control_offset']}", "muted small")
        text(row["author"], tag="td")
        text(row["reason"], "muted", tag="td")
        with cell("number"):
            if viewer.may("approve") and row.get("can_roll_back", True):
                button("Roll back", partial(_ask, viewer, row), kind="quiet")


def _ask(viewer: Viewer, row: dict[str, Any]) -> None:
    async def do() -> None:
        dialog.close()
        with telling():
            answer = await viewer.api.post(f"/control-entries/{row['control_offset']}/rollback")
            ui.notify((answer or {}).get("message") or "Rolled back")
            ui.navigate.reload()

    with ui.dialog(value=True) as dialog, box("sheet"):
        text("Roll this change back?", tag="h2")
        text(f"What stood under {row['key']} before it is put back on every partition.", "muted")
        with box("line"):
            button("Roll back", do, kind="go")
            button("Cancel", dialog.close)
