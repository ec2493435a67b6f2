"""One case: its alerts, who works on it, notes, and links to what lies elsewhere."""

from typing import Any
from urllib.parse import quote

from nicegui import events, ui

from console.pages.frame import frame
from console.pages.notes import notes_panel
from console.pages.parts import box, button, cell, empty, moment, panel, table, text, word
from console.pages.refusals import telling
from console.pages.viewer import SignedIn, Viewer
from console.pages.words import amount, masked

STATES = ("open", "working", "closed")
Case = dict[str, Any]


@ui.page("/cases/{case_id}", title="Case · flagfive")
async def case(viewer: SignedIn, case_id: int) -> None:
    """The page of one case."""
    route = f"/cases/{case_id}"
    with frame(viewer, "Cases", f"Case {case_id}") as head:
        found = await viewer.api.get(route)
        head.title.text = found["title"]
        with head:
            _state(viewer, route, found)
        with box("columns"):
            with box("stack"):
                with panel():
                    text(f"Owner: {found['owner'] or 'nobody'}", "muted")
                _alerts(viewer, route, found["alert_rows"])
            with box("stack"):
                notes_panel(viewer, found["notes"], f"{route}/notes")
                _links(viewer, route, found["links"])


def _state(viewer: Viewer, route: str, found: Case) -> None:
    if not viewer.may("decide"):
        word(found["status"])
        return

    async def change(event: events.ValueChangeEventArguments[Any]) -> None:
        await _patch(viewer, route, {"status": event.value})

    choice = ui.select(list(STATES), value=found["status"], label="Status", on_change=change)
    choice.props("outlined dense").style("width: 140px")
    if found["owner"] != viewer.name:
        button("Take it", lambda: _take(viewer, route), icon="person_add")


async def _take(viewer: Viewer, route: str) -> None:
    await _patch(viewer, route, {"owner": viewer.name})
    ui.navigate.reload()


async def _patch(viewer: Viewer, route: str, body: Case) -> None:
    with telling():
        await viewer.api.patch(route, body)
        ui.notify("Saved")


def _alerts(viewer: Viewer, route: str, rows: list[Case]) -> None:
    with panel("Alerts"), box("stack tight"):
        if not rows:
            empty("No alert yet", "Add them by transaction id, one after the other.", "inbox")
        else:
            with table(["Raised", "Card", "#Amount", "State"], "Alerts of the case"):
                for row in rows:
                    _alert(viewer, row)
        if viewer.may("decide"):
            _add_alert(viewer, route)


def _alert(viewer: Viewer, row: Case) -> None:
    with ui.element("tr"):
        with cell(), ui.link(target=f"/transactions/{quote(row['transaction_id'], safe='')}"):
            moment(row["raised_at"], viewer.zone)
        text(masked(row["card"]), "mono", tag="td")
        text(amount(row["amount"], row["currency"]), "number", tag="td")
        with cell():
            word(row["verdict"] or row["state"])


def _add_alert(viewer: Viewer, route: str) -> None:
    async def add() -> None:
        identity = (written.value or "").strip()
        with telling():
            found = await viewer.api.get(f"/transactions/{quote(identity, safe='')}")
            if found["row"]["id"] is None:
                ui.notify("This transaction raised no alert.", type="warning")
                return
            await viewer.api.post(f"{route}/alerts", {"ids": [found["row"]["id"]]})
            ui.navigate.reload()

    with box("line").style("padding-top: 24px"):
        written = ui.input("Transaction id").props("outlined dense").on("keydown.enter", add)
        button("Add alert", add)


def _links(viewer: Viewer, route: str, links: list[Case]) -> None:
    with panel("Links"), box("stack tight"):
        for one in links:
            _link(one)
        if viewer.may("decide"):
            _add_link(viewer, route)
        elif not links:
            text("No links.", "muted")


def _link(one: Case) -> None:
    """A link in a tab of its own that is not told where from; what is no web address stays text."""
    words = one["title"] or one["url"]
    if one["url"].startswith(("https://", "http://")):
        ui.link(words, one["url"], new_tab=True).props('rel="noopener noreferrer"')
    else:
        text(words)


def _add_link(viewer: Viewer, route: str) -> None:
    async def add() -> None:
        with telling():
            await viewer.api.post(f"{route}/links", {"title": title.value or "", "url": url.value or ""})
            ui.navigate.reload()

    with box("line"):
        title = ui.input("Title").props("outlined dense")
        url = ui.input("https://…").props("outlined dense").on("keydown.enter", add)
        button("Add link", add)
