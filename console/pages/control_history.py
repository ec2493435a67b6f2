"""Every change of what is in force, with who and why, and the way back."""

from functools import partial
from typing import Any

from nicegui import ui

from console.pages.parts import box, button, cell, empty, moment, panel, table, text
from console.pages.refusals import telling
from console.pages.viewer import Viewer

SHOWN = 25


class ControlHistory:
    """The latest changes; whoever may approve can roll one back."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    @ui.refreshable_method
    async def show(self) -> None:
        """Read them and draw them."""
        rows = (await self._viewer.api.get("/control-entries", limit=SHOWN))["rows"]
        with panel("What changed"):
            if not rows:
                hint = "Changes appear here as soon as they are in force."
                empty("Nothing was announced yet", hint, "history")
                return
            with table(["When", "Entry", "By", "Why", ""], "Changes of what is in force"):
                for row in rows:
                    self._row(row)

    def _row(self, row: dict[str, Any]) -> None:
        with ui.element("tr"):
            with cell(), box("muted"):
                moment(row["time"], self._viewer.zone)
            with cell():
                text(row["key"], "mono")
                text(f"offset {row['control_offset']}", "muted small")
            text(row["author"], tag="td")
            text(row["reason"], "muted", tag="td")
            with cell("number within-reach"):
                if self._viewer.may("approve") and row["can_roll_back"]:
                    button("Roll back", partial(self._ask, row), kind="quiet")

    def _ask(self, row: dict[str, Any]) -> None:
        async def do() -> None:
            dialog.close()
            with telling():
                route = f"/control-entries/{row['control_offset']}/rollback"
                answer = await self._viewer.api.post(route, {"note": reason.value or ""})
                ui.notify(answer["message"] or "Rolled back")
                await self.show.refresh()

        with ui.dialog(value=True) as dialog, box("sheet"):
            text("Roll this change back?", tag="h2")
            text(f"What stood under {row['key']} before it is put back on every partition.", "muted")
            reason = ui.input("Reason").props("outlined dense autofocus maxlength=500")
            with box("line"):
                button("Roll back", do, kind="go")
                button("Cancel", dialog.close)
