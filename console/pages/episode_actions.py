"""Buttons that change the state of an episode."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from nicegui import ui

from console.pages.parts import box, button, dialog_sheet, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.episodes import EpisodeDetails
from console.results.requests import RequestResult


@dataclass(frozen=True)
class EpisodeAction:
    """One action: its API path, button and confirmation; `states` are those that allow it."""

    path: str
    words: str
    kind: str
    states: tuple[str, ...]
    question: str


STEPS = (
    EpisodeAction(
        "approve",
        "Approve",
        "go",
        ("waiting", "shadow", "draft"),
        "The gate checks the detector again. If it passes, it goes live on every partition.",
    ),
    EpisodeAction(
        "reject", "Reject", "act", ("waiting",), "The detector will not go live. The flags stay as labels."
    ),
    EpisodeAction(
        "rollback",
        "Roll back",
        "act",
        ("live", "announced", "adapted"),
        "Every partition returns to the version before the last change.",
    ),
    EpisodeAction(
        "retire", "Retire", "act", ("live", "shadow"), "Every partition stops using this detector."
    ),
)


def episode_actions(
    viewer: PageViewer,
    route: str,
    found: EpisodeDetails,
    after: Callable[[], Awaitable[None]],
    *,
    four_eyes: bool,
) -> None:
    """Show a button for each action that the state allows.

    With `four_eyes`, viewers cannot approve an episode that they flagged themselves.
    """
    if not viewer.may("approve"):
        return
    own = found.author == viewer.name
    for step in STEPS:
        if found.status in step.states or (step.path == "approve" and found.growth_waits):
            made = button(
                step.words, partial(_ask, viewer, route, step, found.members, after), kind=step.kind
            )
            if step.path == "approve" and own and four_eyes and not found.growth_waits:
                made.disable()
                made.tooltip("Another person must approve an episode that you flagged")


def _ask(
    viewer: PageViewer, route: str, step: EpisodeAction, members: int, after: Callable[[], Awaitable[None]]
) -> None:
    async def do() -> None:
        dialog.close()
        with notify_refusals():
            body: dict[str, object] = {"note": reason.value or ""}
            if step.path == "approve":
                body["seen"] = members
            answer = await viewer.api.post(f"{route}/{step.path}", RequestResult, body)
            ui.notify(answer.message or f"{step.words}: done")
            await after()

    with dialog_sheet() as dialog:
        text(f"{step.words} this episode?", tag="h2")
        text(step.question, "muted")
        reason = ui.input("Reason").props("outlined dense autofocus maxlength=500")
        with box("line"):
            button(step.words, do, kind="go")
            button("Cancel", dialog.close)
