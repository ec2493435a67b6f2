"""Panels of the decision policy: the shared budget, what waits, and versions."""

from collections.abc import Awaitable, Callable
from difflib import ndiff
from functools import partial
from typing import Any

from nicegui import ui

from console.pages.parts import banner, box, button, dialog_sheet, moment, panel, table, text, tile
from console.pages.policy_form import lines_of
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import percent, short
from console.results.decision_policy import PolicyShown, PolicyTerms, PolicyWaiting
from console.results.requests import RequestResult

After = Callable[[], Awaitable[None]]


def budget_panel(found: PolicyShown) -> None:
    """Draw the alerts of rules and models beside the budget that they share."""
    one = found.budget
    with panel("Budget"), box("stack tight"):
        text("False alerts of rules, lists, policy and models count against one budget.", "muted small")
        if one.warning:
            banner(one.warning, "fraud")
        with box("tiles"):
            over = f"over {one.days:,.1f} days"
            tile("Alerts a day", short(one.a_day), f"the budget allows {short(one.allowed_a_day)}")
            tile("Used today", percent(one.used_today, 0), f"{percent(one.used, 0)} {over}")
            threshold = "not set" if found.threshold is None else f"{found.threshold:.2f}"
            tile("Threshold of the budget", threshold, "as surprise; it moves by itself")
        if one.shares:
            with table(
                ("Raised by", "#Today", "#Used today", "~#A day", "#Used", "~#Judged genuine"),
                "Budget by what raised alerts",
            ):
                for share in one.shares:
                    with ui.element("tr") as line:
                        line.props["data-share"] = share.of
                        text(share.of, tag="td")
                        text(f"{share.today:,}", "number", tag="td")
                        text(percent(share.used_today, 0), "number", tag="td")
                        text(short(share.a_day), "number", tag="td")
                        text(percent(share.used, 0), "number", tag="td")
                        text(f"{share.rejected:,}", "number", tag="td")
            text(f"Used: part of the budget, without alerts judged fraud, {over}.", "muted small")


def waiting_panel(viewer: PageViewer, found: PolicyShown, after: After) -> None:
    """Draw the policy that waits for a second person, with what it would change."""
    one = found.waiting
    if one is None:
        return
    with panel("Waits for a second person") as drawn, box("stack tight"):
        drawn.props["data-waiting"] = one.seen
        with box("muted small"):
            text(f"{one.author}, ", tag="span")
            moment(one.at, viewer.zone)
        if one.reason:
            text(one.reason)
        _changes(found.terms, one.terms)
        if not viewer.may("approve"):
            return
        if found.four_eyes and one.written_by == viewer.name:
            banner("You wrote it. Another person must accept it.")
        with box("line"):
            button("Accept", partial(_accept, viewer, one, after), kind="go")
            words = ("Reject this policy?", "The policy in force stays.", "Reject")
            button("Reject", partial(_ask, viewer, "reject", words, after), kind="quiet")


def versions_panel(viewer: PageViewer, found: PolicyShown, after: After) -> None:
    """Draw the versions, newest first."""
    with panel("Versions"), box("stack tight"):
        if not found.versions:
            text("There was no policy yet: the threshold of the budget decides alone.", "muted small")
            return
        with box("timeline", "ol"):
            older = [*found.versions[1:], None]
            for place, (one, before) in enumerate(zip(found.versions, older, strict=True)):
                with box("marked" if place == 0 else "", "li") as item:
                    item.props["data-version"] = one.control_offset
                    text(one.reason or "set", "strong")
                    with box("muted small"):
                        by = "" if one.written_by == one.author else f", written by {one.written_by}"
                        text(f"{one.author}{by}, ", tag="span")
                        moment(one.at, viewer.zone)
                        text(f", offset {one.control_offset}", tag="span")
                    if one.terms is None:
                        text("removed", "small fraud-text")
                    else:
                        _changes(before.terms if before else None, one.terms)
        if viewer.may("approve"):
            with box("line"):
                words = (
                    "Roll the last change back?",
                    "Every partition returns to the policy before.",
                    "Roll back",
                )
                button("Roll back", partial(_ask, viewer, "rollback", words, after), kind="quiet")
                if found.terms is not None:
                    gone = "The threshold of the budget decides alone. A rollback brings the policy back."
                    words = ("Remove the policy?", gone, "Remove")
                    button("Remove", partial(_ask, viewer, "remove", words, after), kind="quiet")


def _changes(before: PolicyTerms | None, after: PolicyTerms | None) -> None:
    """Draw the lines of a policy, with those that are new or gone marked."""
    tags = {"- ": "del", "+ ": "ins", "  ": "span"}
    with box("excerpt"):
        for line in ndiff(lines_of(before), lines_of(after)):
            if line[:2] in tags:
                with box("small"):
                    text(line[2:], tag=tags[line[:2]] if before else "span")


async def _accept(viewer: PageViewer, one: PolicyWaiting, after: After) -> None:
    with notify_refusals():
        answer = await viewer.api.post("/decision-policy/accept", RequestResult, {"seen": one.seen})
        ui.notify(answer.message or "Accepted")
        await after()


def _ask(viewer: PageViewer, what: str, words: tuple[str, str, str], after: After) -> None:
    async def do() -> None:
        dialog.close()
        with notify_refusals():
            body: dict[str, Any] = {"note": why.value or ""}
            answer = await viewer.api.post(f"/decision-policy/{what}", RequestResult, body)
            ui.notify(answer.message or "Done")
            await after()

    title, below, label = words
    with dialog_sheet() as dialog:
        text(title, tag="h2")
        text(below, "muted")
        why = ui.input("Reason").props("outlined dense autofocus maxlength=500")
        with box("line"):
            button(label, do, kind="go")
            button("Cancel", dialog.close)
