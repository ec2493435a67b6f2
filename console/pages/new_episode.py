"""The page that makes a new episode, with a preview of its effect."""

import uuid
from functools import partial

from nicegui import background_tasks, ui

from console.pages.address import page
from console.pages.api_client import ApiRefused
from console.pages.episodes import episode_address
from console.pages.frame import frame
from console.pages.parts import box, button, panel, text
from console.pages.preview import PreviewPanel
from console.pages.support import SupportPanel
from console.pages.viewer import PageViewer, SignedIn
from console.results.preview import EpisodePreview
from console.results.requests import EpisodeRequested

DAYS = {1: "1 day", 7: "7 days", 30: "30 days"}
POLICIES = (
    ("auto", "Go live", "go", "Raises alerts as soon as it passes the gate"),
    ("shadow", "Shadow", "act", "Scores without alerting, for comparison"),
    ("approve", "Ask for approval", "act", "Waits for another person's approval"),
)


@page("/new-episode", "New episode")
async def new_episode(viewer: SignedIn, ids: str = "", name: str = "") -> None:
    """Show the page; `ids` are the flagged transactions, separated by commas, `name` is the pattern's."""
    with frame(viewer, "Episodes", "New episode"):
        form = EpisodeForm(viewer, name[:100])
        await form.support.add([one for one in ids.split(",") if one])


class EpisodeForm:
    """The form: flags on the left, the preview on the right."""

    def __init__(self, viewer: PageViewer, name: str) -> None:
        self._viewer = viewer
        # One id for every press of a button: the worker does not repeat a request that it has done.
        self._request_id = str(uuid.uuid4())
        self.support = SupportPanel(viewer, self.changed)
        with box("columns even"):
            with box("stack"):
                with panel():
                    self._name = ui.input("Name of the pattern", value=name).props(
                        "outlined dense autofocus maxlength=100"
                    )
                    self._name.style("width: 100%")
                    self._note = ui.textarea("Note").props("outlined dense autogrow maxlength=1000")
                    self._note.style("width: 100%; margin-top: 12px")
                with panel("Flagged"):
                    self.support.show()
            with box("stack"):
                self._decide()
                self._preview = PreviewPanel(viewer, self.support, self.changed)

    def changed(self) -> None:
        """Request a new preview of the flags."""
        if not self.support.fraud:
            self._preview.nothing()
            return
        number = self._preview.wait()
        background_tasks.create(self._ask(number), context=ui.context.client)

    async def _ask(self, number: int) -> None:
        body = {
            "ids": self.support.fraud,
            "genuine_ids": self.support.genuine,
            "days": self._days.value,
            "share": self._preview.share,
        }
        # The gate's opinion comes first; to search weeks of payments takes longer.
        for matches in (False, True):
            try:
                found = await self._viewer.api.post(
                    "/episodes/preview", EpisodePreview, body | {"matches": matches}
                )
            except ApiRefused as refused:
                self._preview.fail(number, refused.what)
                return
            if not self._preview.show(number, found):
                return

    def _decide(self) -> None:
        with panel(), box("stack tight"):
            with box("line"):
                for policy, words, kind, hint in POLICIES:
                    made = button(words, partial(self._make, policy), kind=kind)
                    made.tooltip(hint)
                    if not self._viewer.may("flag"):
                        made.disable()
                box("grow")
                self._days = ui.select(DAYS, value=7, label="Look back", on_change=self.changed)
                self._days.props("outlined dense").style("width: 120px")
            self._told = text("", "muted small")

    async def _make(self, policy: str) -> None:
        name = (self._name.value or "").strip()
        if not name or not self.support.fraud:
            ui.notify("Give the pattern a name." if self.support.fraud else "Flag a transaction first.")
            return
        self._told.text = "Adapting…"
        body = {
            "name": name,
            "ids": self.support.fraud,
            "genuine_ids": self.support.genuine,
            "policy": policy,
            "note": (self._note.value or "").strip(),
            "request_id": self._request_id,
            "share": self._preview.share,
        }
        try:
            made = await self._viewer.api.post("/episodes", EpisodeRequested, body)
        except ApiRefused as refused:
            self._told.text = ""
            ui.notify(refused.what, type="negative")
            return
        ui.run_javascript("flagfive.basket.clear()")
        ui.navigate.to(episode_address(made.id))
