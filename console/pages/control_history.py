"""The history of the control log, with rollback."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui

from console.pages.address import page
from console.pages.detector_tabs import detector_tabs
from console.pages.frame import frame
from console.pages.parts import box, button, cell, dialog_sheet, empty, moment, panel, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.results.control_entries import ControlList, ControlRow
from console.results.requests import RequestResult

SHOWN = 25


@page("/detectors/history", "Changes")
async def history(viewer: SignedIn) -> None:
    """Show the latest changes of what is in force."""
    with frame(viewer, "Detectors", "Changes"):
        detector_tabs("Changes")
        await ControlHistoryPanel(viewer).show()


class ControlHistoryPanel:
    """The latest changes; viewers who may approve can roll one back."""

    def __init__(self, viewer: PageViewer) -> None:
        self._viewer = viewer

    @ui.refreshable_method
    async def show(self) -> None:
        """Read the changes and draw them."""
        rows = (await self._viewer.api.get("/control-entries", ControlList, limit=SHOWN)).rows
        with panel("Changes"):
            if not rows:
                hint = "Changes appear here as soon as they are in force."
                empty("No changes yet", hint, "history")
                return
            with table(["When", "Entry", "By", "Reason", ""], "Changes of what is in force"):
                for row in rows:
                    self._row(row)

    def _row(self, row: ControlRow) -> None:
        with ui.element("tr"):
            with cell(), box("muted"):
                moment(row.time, self._viewer.zone)
            with cell():
                text(row.key, "mono")
                text(f"offset {row.control_offset}", "muted small")
            text(row.author, tag="td")
            text(row.reason, "muted", tag="td")
            with cell("number within-reach"):
                if self._viewer.may("approve") and row.can_roll_back:
                    button("Roll back", partial(self._ask, row), kind="quiet")

    def _ask(self, row: ControlRow) -> None:
        words = f"Every partition returns to the previous version of {row.key}."
        ask_roll_back(self._viewer, row.control_offset, words, self.show.refresh)


def ask_roll_back(
    viewer: PageViewer,
    control_offset: int,
    words: str,
    then: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Ask for confirmation and a reason, then roll a change of the control log back.

    Args:
        viewer: the viewer who asks.
        control_offset: the change to undo.
        words: the effect of the rollback, shown in the dialog.
        then: called after a successful rollback.
    """

    async def do() -> None:
        dialog.close()
        with notify_refusals():
            route = f"/control-entries/{control_offset}/rollback"
            answer = await viewer.api.post(route, RequestResult, {"note": reason.value or ""})
            ui.notify(answer.message or "Rolled back")
            if then is not None:
                await then()

    with dialog_sheet() as dialog:
        text("Roll this change back?", tag="h2")
        text(words, "muted")
        reason = ui.input("Reason").props("outlined dense autofocus maxlength=500")
        with box("line"):
            button("Roll back", do, kind="go")
            button("Cancel", dialog.close)
