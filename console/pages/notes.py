"""A panel of notes, with a form for another one. Notes are shown as text, never as markup."""

from nicegui import ui

from console.pages.parts import box, button, moment, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.transactions import NoteRow

MOST_CHARACTERS = 4_000


def notes_panel(viewer: PageViewer, notes: list[NoteRow], route: str) -> None:
    """Show notes, oldest first; viewers who may judge can add one through `route` of the API."""
    with panel("Notes"), box("stack tight") as whole:
        listed = box("stack tight")
        with listed:
            for one in notes:
                _note(viewer, one)
        if viewer.may("decide"):
            _field(viewer, listed, route)
        elif not notes:
            text("No notes.", "muted")
    whole.props["data-notes"] = True


def _note(viewer: PageViewer, one: NoteRow) -> None:
    with box("note"):
        text(one.text)
        with box("muted small"):
            text(f"{one.author}, ", tag="span")
            moment(one.time, viewer.zone)


def _field(viewer: PageViewer, listed: ui.element, route: str) -> None:
    async def add() -> None:
        words = (written.value or "").strip()
        if not words:
            return
        with notify_refusals():
            note = await viewer.api.post(route, NoteRow, {"text": words})
            written.value = ""
            with listed:
                _note(viewer, note)

    written = ui.textarea("Add a note").props(f"outlined dense autogrow maxlength={MOST_CHARACTERS}")
    with box("line"):
        button("Add note", add)
    written.style("width: 100%")
