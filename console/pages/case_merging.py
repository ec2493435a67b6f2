"""Merging a case into another, and undoing it."""

from nicegui import ui

from console.pages.parts import box, button, dialog_sheet, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.cases import CaseDetails, CaseList

MOST = 200


def merge_button(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    """Offer to merge the case into one that is not closed."""

    async def choose() -> None:
        with notify_refusals():
            lists = [
                await viewer.api.get("/cases", CaseList, limit=MOST, status=status)
                for status in ("open", "working")
            ]
            others = {
                row.id: f"{row.id}: {row.title}" for one in lists for row in one.rows if row.id != found.id
            }
            if others:
                _dialog(viewer, route, others)
            else:
                ui.notify("No other case is open.", type="warning")

    button("Merge", choose, icon="merge")


def _dialog(viewer: PageViewer, route: str, others: dict[int, str]) -> None:
    async def merge() -> None:
        if into.value is None:
            return
        with notify_refusals():
            made = await viewer.api.post(f"{route}/merge", CaseDetails, {"into": into.value})
            ui.navigate.to(f"/cases/{made.id}")

    with dialog_sheet() as dialog:
        text("Merge into another case", tag="h2")
        text("Alerts, notes and links move there, and this case is closed. You can undo it.", "muted")
        into = ui.select(others, label="Into", with_input=True).props("outlined dense")
        with box("line"):
            button("Merge cases", merge, kind="go")
            button("Cancel", dialog.close)


def merged_banner(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    """Say what was merged into what, with links, and offer to undo it."""
    if found.merged_into is not None:
        with box("banner").props("role=status"):
            text("This case was merged into ", tag="span")
            ui.link(f"case {found.merged_into}", f"/cases/{found.merged_into}")
            if viewer.may("decide"):
                button("Undo the merge", lambda: _undo(viewer, route))
    if found.merged_from:
        with box("banner").props("role=status"):
            text("Merged from", tag="span")
            for one in found.merged_from:
                ui.link(f"case {one}", f"/cases/{one}")


async def _undo(viewer: PageViewer, route: str) -> None:
    with notify_refusals():
        await viewer.api.post(f"{route}/unmerge", CaseDetails)
        ui.navigate.reload()
