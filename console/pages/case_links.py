"""Links of a case to tickets and documents elsewhere."""

from nicegui import ui

from console.pages.parts import box, button, panel, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.cases import CaseDetails, LinkRow


def links_panel(viewer: PageViewer, route: str, links: list[LinkRow]) -> None:
    """Show the links, and a form for another one if the viewer may add one."""
    with panel("Links"), box("stack tight"):
        for one in links:
            _link(one)
        if viewer.may("decide"):
            _add_link(viewer, route)
        elif not links:
            text("No links.", "muted")


def _link(one: LinkRow) -> None:
    """Open a link in a new tab without a referrer; show anything but a web address as text."""
    words = one.title or one.url
    if one.url.startswith(("https://", "http://")):
        ui.link(words, one.url, new_tab=True).props('rel="noopener noreferrer"')
    else:
        text(words)


def _add_link(viewer: PageViewer, route: str) -> None:
    async def add() -> None:
        with notify_refusals():
            await viewer.api.post(
                f"{route}/links", CaseDetails, {"title": title.value or "", "url": url.value or ""}
            )
            ui.navigate.reload()

    with box("line"):
        title = ui.input("Title").props("outlined dense")
        url = ui.input("https://…").props("outlined dense").on("keydown.enter", add)
        button("Add link", add)
