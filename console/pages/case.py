"""One case: its alerts, owner, notes and links."""

from typing import Any
from urllib.parse import quote

from nicegui import events, ui

from console.pages.address import page
from console.pages.case_links import links_panel
from console.pages.case_merging import merge_button, merged_banner
from console.pages.case_terms import may_change, patch_case, terms_panel
from console.pages.cases import CASE_STATES
from console.pages.frame import frame
from console.pages.links_panel import LinksPanel
from console.pages.notes import notes_panel
from console.pages.parts import box, button, cell, empty, facts, moment, panel, table, text, word
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import amount, masked
from console.results.cases import CaseDetails
from console.results.transactions import TransactionDetails, TransactionRow


@page("/cases/{case_id}", "Case")
async def case(viewer: SignedIn, case_id: int) -> None:
    """Show one case."""
    route = f"/cases/{case_id}"
    with frame(viewer, "Cases", f"Case {case_id}") as head:
        found = await viewer.api.get(route, CaseDetails)
        head.title.text = found.title
        with head:
            _state(viewer, route, found)
        merged_banner(viewer, route, found)
        with box("columns"):
            with box("stack"):
                _people(viewer, route, found)
                terms_panel(viewer, route, found)
                _alerts(viewer, route, found)
                LinksPanel(viewer, f"{route}/entity-links")
            with box("stack"):
                notes_panel(viewer, found.notes, f"{route}/notes")
                links_panel(viewer, route, found.links)


def _state(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    if not may_change(viewer, found):
        word(found.status)
        return

    async def change(event: events.ValueChangeEventArguments[Any]) -> None:
        await patch_case(viewer, route, {"status": event.value})

    choice = ui.select(list(CASE_STATES), value=found.status, label="Status", on_change=change)
    choice.props("outlined dense").style("width: 140px")
    if found.owner != viewer.name:
        button("Assign to me", lambda: _give(viewer, route, viewer.name), icon="person_add")
    merge_button(viewer, route, found)


def _people(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    """Owner, author and times of the case."""
    with panel("Case"), box("stack tight"):
        facts([("Number", str(found.id)), ("Owner", found.owner or "none"), ("Opened by", found.author)])
        with box("muted small"):
            text("opened ", tag="span")
            moment(found.created_at, viewer.zone)
            text(", changed ", tag="span")
            moment(found.changed_at, viewer.zone)
        if may_change(viewer, found):
            _hand_over(viewer, route, found)


def _hand_over(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    async def give() -> None:
        if whom := (name.value or "").strip():
            await _give(viewer, route, whom)

    with box("line"):
        name = ui.input("Owner's name").props("outlined dense").on("keydown.enter", give)
        button("Hand over", give)
        if found.owner is not None:
            button("Remove owner", lambda: _give(viewer, route, None))


async def _give(viewer: PageViewer, route: str, owner: str | None) -> None:
    if await patch_case(viewer, route, {"owner": owner}):
        ui.navigate.reload()


def _alerts(viewer: PageViewer, route: str, found: CaseDetails) -> None:
    rows = found.alert_rows
    with panel("Alerts"), box("stack tight"):
        if not rows:
            empty("No alerts yet", "Add alerts by their transaction id.", "inbox")
        else:
            with table(["Raised", "Card", "#Amount", "State"], "Alerts of the case"):
                for row in rows:
                    _alert(viewer, row)
        if may_change(viewer, found):
            _add_alert(viewer, route)


def _alert(viewer: PageViewer, row: TransactionRow) -> None:
    with ui.element("tr"):
        with cell(), ui.link(target=f"/transactions/{quote(row.transaction_id, safe='')}"):
            moment(row.raised_at, viewer.zone)
        text(masked(row.card), "mono", tag="td")
        text(amount(row.amount, row.currency), "number", tag="td")
        with cell():
            word(row.verdict or row.state or "")


def _add_alert(viewer: PageViewer, route: str) -> None:
    async def add() -> None:
        identity = (written.value or "").strip()
        with notify_refusals():
            found = await viewer.api.get(f"/transactions/{quote(identity, safe='')}", TransactionDetails)
            if found.row.id is None:
                ui.notify("This transaction has no alert.", type="warning")
                return
            await viewer.api.post(f"{route}/alerts", CaseDetails, {"ids": [found.row.id]})
            ui.navigate.reload()

    with box("line"):
        written = ui.input("Transaction id").props("outlined dense").on("keydown.enter", add)
        button("Add alert", add)
