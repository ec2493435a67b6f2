"""The values of a list: a page of them, a search, and the button that takes one off."""

from functools import partial

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, cell, empty, moment, panel, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import masked
from console.results.lists import ListValue, ListValues
from console.results.requests import RequestResult

ROWS = 50
HEADS = ("Id", "Until", "Reason", "~Source", "~By", "")


class ValuesPanel:
    """Shows 50 values at a time; it is drawn anew only when they have changed."""

    def __init__(self, viewer: PageViewer, name: str, found: ListValues) -> None:
        self._viewer, self._route, self._found = viewer, f"/lists/{name}/values", found
        self._offset, self._q = 0, ""

    async def look(self) -> None:
        """Read the page of values again."""
        try:
            found = await self._viewer.api.get(
                self._route, ListValues, value=self._q, offset=self._offset, limit=ROWS
            )
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        if found != self._found:
            self._found = found
            self.rows.refresh()

    def show(self) -> None:
        """Draw the search and the values."""
        with panel("Values"), box("stack tight"):
            field = ui.input("Search an id").props("outlined dense clearable maxlength=512")
            field.on("keydown.enter", lambda: self._search(str(field.value or "").strip()))
            field.on("clear", lambda: self._search(""))
            self.rows()

    @ui.refreshable_method
    def rows(self) -> None:
        """The values of this page."""
        found = self._found
        text(f"{found.total:,} values", "muted small").props["data-values"] = found.total
        if not found.rows:
            nothing = "It is not on the list." if self._q else "Add ids, or import a CSV file."
            empty("Nothing here", nothing, "list_alt")
            return
        with table(HEADS, "Values of the list"):
            for row in found.rows:
                with ui.element("tr") as line:
                    line.props["data-value"] = row.value
                    self._row(row)
        with box("line"):
            if self._offset:
                button("Previous", partial(self._turn, -ROWS))
            if self._offset + ROWS < found.total:
                button("Next", partial(self._turn, ROWS))

    def _row(self, row: ListValue) -> None:
        text(masked(row.value), "mono", tag="td")
        with cell():
            moment(row.until, self._viewer.zone)
        text(row.reason, tag="td")
        text(row.source, "muted", tag="td")
        text(row.by, "muted", tag="td")
        with cell("number within-reach"):
            if self._viewer.may("approve"):
                button(
                    "", partial(self._drop, row), icon="close", kind="quiet", label=f"Take off {row.value}"
                )

    async def _drop(self, row: ListValue) -> None:
        with notify_refusals():
            answer = await self._viewer.api.post(
                f"{self._route}/remove", RequestResult, {"values": [row.reference]}
            )
            ui.notify(answer.message or "Taken off")
            await self.look()

    async def _search(self, q: str) -> None:
        self._q, self._offset = q, 0
        await self.look()

    async def _turn(self, by: int) -> None:
        self._offset = max(0, self._offset + by)
        await self.look()
