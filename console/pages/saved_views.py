"""A menu of the viewer's saved filters."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from console.pages.parts import box, button, dialog_sheet, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.views import ViewList, ViewRow

Query = dict[str, Any]
"""Filters of a page by name. Free-form: each page has filters of its own."""


def saved_views(
    viewer: PageViewer, page: str, now: Callable[[], Query], take: Callable[[Query], None]
) -> None:
    """Draw the menu; `now` returns the filters in use, `take` applies those of a view."""

    async def fill() -> None:
        menu.clear()
        with notify_refusals():
            views = [one for one in (await viewer.api.get("/views", ViewList)).rows if one.page == page]
            with menu:
                for view in views:
                    _entry(view, take, remove)
                ui.menu_item("Save these filters…", save)

    async def remove(name: str) -> None:
        await viewer.api.delete("/views", name=name, page=page)
        ui.notify(f"View {name} removed")

    def save() -> None:
        async def put(name: str) -> None:
            await viewer.api.put("/views", ViewRow, {"name": name, "page": page, "query": now()})

        _ask_name(put)

    with button("Views", fill, icon="bookmark_border"), ui.menu() as menu:
        pass


def _entry(view: ViewRow, take: Callable[[Query], None], remove: Callable[[str], Awaitable[None]]) -> None:
    with ui.menu_item(on_click=lambda: take(view.query)), box("line"):
        text(view.name, tag="span")
        button("", lambda: remove(view.name), icon="close", kind="quiet", label=f"Remove {view.name}")


def _ask_name(save: Callable[[str], Awaitable[None]]) -> None:
    async def done() -> None:
        with notify_refusals():
            await save(name.value)
            ui.notify(f"View {name.value} saved")
            dialog.close()

    with dialog_sheet() as dialog:
        text("Save these filters", tag="h2")
        name = ui.input("Name").props("outlined dense autofocus").on("keydown.enter", done)
        button("Save", done, kind="go")
