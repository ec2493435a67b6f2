"""Actions on alerts, by key or button: judge, assign, snooze, open a case."""

import time
from dataclasses import dataclass
from typing import Any

from nicegui import events, ui

from console.pages.parts import button
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import count, local_time
from console.results.alerts import AlertsChanged
from console.results.cases import CaseDetails

SNOOZE_S = 86_400.0


@dataclass(frozen=True)
class Action:
    """A button with its key; the browser sends the rows that it applies to."""

    what: str
    label: str
    icon: str
    right: str
    kind: str = ""


ACTIONS = (
    Action("fraud", "Fraud (f)", "gpp_bad", "decide", "fraud"),
    Action("genuine", "Genuine (g)", "verified_user", "decide", "genuine"),
    Action("episode", "Add to episode (e)", "playlist_add", "flag"),
    Action("assign", "Assign to me (a)", "person_add", "decide"),
    Action("snooze", "Snooze a day (s)", "snooze", "decide"),
    Action("case", "New case (c)", "create_new_folder", "decide"),
)


def action_buttons(viewer: PageViewer, *wanted: str) -> None:
    """Show a button for each action that the viewer's rights allow."""
    for action in ACTIONS:
        if viewer.may(action.right) and (not wanted or action.what in wanted):
            made = button(action.label, icon=action.icon, kind=f"act {action.kind}".strip())
            made.on("click", js_handler=f"() => flagfive.act('{action.what}')")


def on_actions(viewer: PageViewer, after: str = "flagfive.grid.refresh()") -> None:
    """Handle actions from the browser; `after` is JavaScript that runs there afterwards."""

    async def act(event: events.GenericEventArguments) -> None:
        ids = [one for one in event.args["ids"] if one is not None]
        with notify_refusals():
            if event.args["what"] == "case":
                await _open_case(viewer, ids)
                return
            ui.notify(await _ask(viewer, event.args["what"], ids))
            ui.run_javascript(after)

    ui.on("act", act)


async def _open_case(viewer: PageViewer, ids: list[int]) -> None:
    title = f"{count(len(ids), 'alert')}, {local_time(time.time(), viewer.zone)}"
    made = await viewer.api.post("/cases", CaseDetails, {"title": title, "ids": ids, "owner": viewer.name})
    ui.navigate.to(f"/cases/{made.id}")


async def _ask(viewer: PageViewer, what: str, ids: list[int]) -> str:
    alerts = count(len(ids), "alert")
    body: dict[str, Any] = {"ids": ids}
    match what:
        case "assign":
            await viewer.api.post("/alerts/assign", AlertsChanged, body | {"assignee": viewer.name})
            return f"{alerts} assigned to {viewer.name}"
        case "snooze":
            await viewer.api.post("/alerts/snooze", AlertsChanged, body | {"until": time.time() + SNOOZE_S})
            return f"{alerts} snoozed for a day"
        case _:
            await viewer.api.post("/alerts/decide", AlertsChanged, body | {"verdict": what})
            return f"{alerts} judged {what}"
