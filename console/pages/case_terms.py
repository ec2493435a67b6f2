"""Priority and deadline of a case."""

from datetime import datetime
from typing import Any

from nicegui import events, ui

from console.pages.parts import box, button, moment, panel, text, word
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.cases import CaseDetails, CaseRow

PRIORITIES = ("low", "normal", "high", "urgent")


def may_change(viewer: PageViewer, found: CaseDetails) -> bool:
    """Return whether the viewer may change the case; one that was merged into another cannot change."""
    return viewer.may("decide") and found.merged_into is None


async def patch_case(viewer: PageViewer, route: str, body: dict[str, str | float | None]) -> bool:
    """Send a change; return False, and notify the viewer, where the API refuses it."""
    with notify_refusals():
        await viewer.api.patch(route, CaseDetails, body)
        ui.notify("Saved")
        return True
    return False


def terms_panel(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    """Show priority and deadline, with fields to change them if the viewer may."""
    with panel("Deadline"), box("stack tight"):
        with box("line"):
            word(found.priority)
            due(viewer, found)
        if may_change(viewer, found):
            _change(viewer, route, found)


def due(viewer: PageViewer, row: CaseRow) -> None:
    """Show when a case is due, and whether that is past."""
    if row.due_at is None:
        text("no deadline", "muted", tag="span")
        return
    moment(row.due_at, viewer.zone)
    if row.overdue:
        word("overdue")


def _change(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    async def rank(event: events.ValueChangeEventArguments[Any]) -> None:
        await _save({"priority": event.value})

    async def postpone() -> None:
        if written.value:
            local = datetime.fromisoformat(written.value).replace(tzinfo=viewer.zone)
            await _save({"due_at": local.timestamp()})

    async def _save(body: dict[str, str | float | None]) -> None:
        if await patch_case(viewer, route, body):
            ui.navigate.reload()

    with box("line"):
        choice = ui.select(list(PRIORITIES), value=found.priority, label="Priority", on_change=rank)
        choice.props("outlined dense").style("width: 120px")
        written = ui.input("Due").props("outlined dense type=datetime-local stack-label")
        button("Set deadline", postpone)
        if found.due_at is not None:
            button("Remove deadline", lambda: _save({"due_at": None}))
