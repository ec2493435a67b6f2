"""One named list: search, add, take off, import, expiry."""

from datetime import UTC, datetime
from functools import partial

from nicegui import events, ui

from console.pages.address import page
from console.pages.api_client import ApiRefused
from console.pages.frame import frame
from console.pages.list_values import ROWS, ValuesPanel
from console.pages.parts import box, button, dialog_sheet, facts, panel, text
from console.pages.refusals import notify_refusals
from console.pages.until_stored import open_once_stored
from console.pages.viewer import PageViewer, SignedIn
from console.results.lists import ListRow, ListValues
from console.results.requests import RequestResult

NOT_FOUND = 404
LOOK_S = 1.0


@page("/lists/{name}", "List")
async def named_list(viewer: SignedIn, name: str, saved: bool = False) -> None:
    """Show one list. With `saved`, the page waits for a list that is new."""
    with frame(viewer, "Lists", name) as head:

        async def ask() -> ListRow:
            return await viewer.api.get(f"/lists/{name}", ListRow)

        try:
            found = await ask()
        except ApiRefused as refused:
            if not saved or refused.status != NOT_FOUND:
                raise
            open_once_stored(f"/lists/{name}", "list", ask)
            return
        with head:
            text(found.use, "tag", tag="span")
            if viewer.may("approve"):
                button("Remove list", partial(_ask_remove, viewer, name), kind="quiet")
        held = await viewer.api.get(f"/lists/{name}/values", ListValues, limit=ROWS)
        values = ValuesPanel(viewer, name, held)
        with box("columns"):
            values.show()
            with box("stack"):
                _about(found)
                if viewer.may("approve"):
                    _add(viewer, name, values)
                    _import(viewer, name, values)
        ui.timer(LOOK_S, values.look, immediate=False)


def _about(found: ListRow) -> None:
    with panel("List"):
        facts(
            [
                ("Holds", f"ids of the kind {found.of}" if found.of else "ids of any kind"),
                ("Owner", found.owner),
                ("Note", found.note),
                ("In rules", f"{found.of or 'merchant'}.id in lists.{found.name}"),
            ]
        )


def _add(viewer: PageViewer, name: str, values: ValuesPanel) -> None:
    async def do() -> None:
        body = {
            "values": str(ids.value or "").split(),
            "reason": why.value or "",
            "until": _end_of_day(until.value),
        }
        with notify_refusals():
            answer = await viewer.api.post(f"/lists/{name}/values", RequestResult, body)
            ids.value = ""
            ui.notify(answer.message or "Added")
            await values.look()

    with panel("Add"), box("stack tight"):
        ids = ui.textarea("Ids, one a line").props("outlined dense autogrow maxlength=20000")
        until = ui.input("Until (UTC), empty for ever").props("outlined dense type=date stack-label")
        why = ui.input("Reason").props("outlined dense maxlength=200")
        with box("line"):
            button("Add", do, kind="go")


def _end_of_day(day: str | None) -> float | None:
    """Return the end of a day in UTC, from which the value no longer counts."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() + 86_400.0 if day else None


def _import(viewer: PageViewer, name: str, values: ValuesPanel) -> None:
    def do() -> None:
        replace = "true" if whole.value else "false"
        ui.run_javascript(f"flagfive.lists.importFile('{name}', {replace})")

    async def told(event: events.GenericEventArguments) -> None:
        ui.notify(event.args["message"], type="negative" if event.args["failed"] else None, multi_line=True)
        await values.look()

    ui.on("list_imported", told)
    with panel("Import CSV"), box("stack tight"):
        text("Columns: value, and where needed until, reason, source.", "muted small")
        box("", "input").props('type=file accept=".csv,text/csv" data-import aria-label="CSV file"')
        whole = ui.checkbox("Take off values that the file lacks")
        with box("line"):
            button("Import", do)


def _ask_remove(viewer: PageViewer, name: str) -> None:
    async def do() -> None:
        with notify_refusals():
            answer = await viewer.api.post(f"/lists/{name}/remove", RequestResult, {"note": why.value or ""})
            dialog.close()
            ui.notify(answer.message or "Removed")
            ui.navigate.to("/lists")

    with dialog_sheet() as dialog:
        text("Remove this list?", tag="h2")
        text("All its values go out of force. A list that rules read is kept.", "muted")
        why = ui.input("Reason").props("outlined dense autofocus maxlength=500")
        with box("line"):
            button("Remove", do, kind="go")
            button("Cancel", dialog.close)
