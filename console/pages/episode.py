"""One episode: state, catches, flags, history, and the actions on it."""

from urllib.parse import quote

from nicegui import ui

from console.pages.address import page
from console.pages.api_client import ApiRefused
from console.pages.entity import payments_table
from console.pages.episode_actions import episode_actions
from console.pages.episode_catches import CatchesPanel
from console.pages.evidence import evidence_links
from console.pages.frame import frame
from console.pages.parts import banner, box, facts, moment, panel, text, tile, word
from console.pages.review import ReviewPanel
from console.pages.rule_suggestion import RuleSuggestionPanel
from console.pages.viewer import PageViewer, SignedIn
from console.pages.what_if import WhatIfPanel
from console.pages.words import NOTHING, amount, count, percent, seconds
from console.results.administration import PolicyInForce
from console.results.episodes import Acks, EpisodeDetails, HistoryEvent

LOOK_S = 1.0
IN_FORCE = ("live", "announced")


@page("/episodes/{name}", "Episode")
async def episode(viewer: SignedIn, name: str) -> None:
    """Show one episode; the page updates itself every second."""
    with frame(viewer, "Episodes", "Episode") as head:
        route = f"/episodes/{quote(name, safe='')}"
        found = await viewer.api.get(route, EpisodeDetails)
        policy = await viewer.api.get("/policy", PolicyInForce)
        shown = EpisodeView(viewer, route, found, four_eyes=policy.four_eyes)
        head.title.text = found.name
        with head:
            shown.heading()
        await shown.begin()
        ui.timer(LOOK_S, shown.look, immediate=False)


class EpisodeView:
    """The page of one episode; a part is redrawn only when its data has changed."""

    def __init__(self, viewer: PageViewer, route: str, found: EpisodeDetails, *, four_eyes: bool) -> None:
        self._viewer = viewer
        self._route = route
        self._found = found
        self._four_eyes = four_eyes
        self._catches = CatchesPanel(viewer)
        self._review = ReviewPanel(viewer, route, found)

    async def begin(self) -> None:
        """Draw everything below the heading; the what-if comes first while the episode is undecided."""
        found = self._found
        await self._catches.look(found.detector_id)
        in_force = found.status in IN_FORCE
        what_if = WhatIfPanel(self._viewer, found.id, in_force=in_force, currency=found.currency)
        may_try = found.detector_id is not None and self._viewer.may("flag")
        with box("stack"):
            self.numbers()
            if may_try and not in_force:
                await what_if.show()
            self._columns()
            if may_try and in_force:
                await what_if.show()

    async def look(self) -> None:
        """Read the episode again."""
        try:
            found = await self._viewer.api.get(self._route, EpisodeDetails)
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        before, self._found = self._found, found
        if _actions(before) != _actions(found):
            self.heading.refresh()
        if before != found:
            self.numbers.refresh()
        if before.support != found.support:
            self.flags.refresh()
        if _story(before) != _story(found):
            self.story.refresh()
        self._review.look(found)
        await self._catches.look(found.detector_id)

    @ui.refreshable_method
    def heading(self) -> None:
        """State and actions."""
        word(self._found.status).props["data-status"] = self._found.status
        episode_actions(self._viewer, self._route, self._found, self.look, four_eyes=self._four_eyes)

    def _columns(self) -> None:
        with box("columns"):
            with box("stack"):
                self._review.rows()
                self._catches.panel()
                self.flags()
                if self._viewer.may("flag"):
                    RuleSuggestionPanel(self._viewer, self._found.id, self._found.name).show()
            with box("stack"):
                self.story()

    @ui.refreshable_method
    def numbers(self) -> None:
        """Figures, and the reason for the current state."""
        with box("stack"):
            if self._found.reason:
                banner(self._found.reason, "fraud" if self._found.status == "refused" else "")
            if self._found.growth_waits:
                banner(f"Waits for approval: {self._found.growth_waits}")
            _tiles(self._found)

    @ui.refreshable_method
    def flags(self) -> None:
        """Flagged transactions, including matches that joined later."""
        with panel("Flagged"):
            payments_table(self._viewer, self._found.support, "No flagged transaction is stored.")

    @ui.refreshable_method
    def story(self) -> None:
        """Facts and history."""
        with box("stack"):
            _facts(self._viewer, self._found)
            _history(self._viewer, self._found.history)


def _actions(found: EpisodeDetails) -> tuple[object, ...]:
    return found.status, found.growth_waits, found.members


def _story(found: EpisodeDetails) -> tuple[object, ...]:
    return found.detector_id, found.readaptations, found.history, found.first_catch


def live_words(acks: Acks | None) -> str:
    """«live on 4 of 4 partitions after 0.6 s»."""
    if acks is None or not acks.of:
        return NOTHING
    after = f" after {acks.seconds:.1f} s" if acks.seconds is not None else ""
    return f"live on {acks.live} of {acks.of} partitions{after}"


def _tiles(found: EpisodeDetails) -> None:
    with box("tiles"):
        tile("In force", live_words(found.acks)).classes("sentence").props["data-acks"] = True
        tile("Caught", count(found.caught, "payment"))
        waits = f"and {amount(found.money_open, found.currency)} not judged yet" if found.money_open else ""
        tile("Confirmed fraud held", amount(found.money_held, found.currency), waits)
        judged = found.confirmed + found.rejected
        tile("Precision so far", percent(found.precision, 0), count(judged, "alert") + " judged")


def _facts(viewer: PageViewer, found: EpisodeDetails) -> None:
    with panel("Episode"):
        facts(
            [
                ("Flagged by", found.author),
                ("Detector", found.detector_id or NOTHING),
                ("Adapted after", seconds(found.flag_to_adapted_ms)),
                ("Live after", seconds(found.flag_to_live_ms)),
                ("Readapted", count(max(0, len(found.readaptations) - 1), "time")),
            ]
        )
        if found.detector_id:
            evidence_links(viewer, f"detector/{found.detector_id}")
        first = found.first_catch
        if first:
            with box("line").style("margin-top: 12px"):
                text("First catch", "muted", tag="span")
                with ui.link(target=f"/transactions/{quote(first.transaction_id, safe='')}"):
                    moment(first.event_time, viewer.zone)
                text(amount(first.amount, first.currency), tag="span")
        for note in found.notes:
            text(note, "note small").style("margin-top: 12px")


def _history(viewer: PageViewer, history: list[HistoryEvent]) -> None:
    if not history:
        return
    with panel("History"), box("timeline", "ol"):
        for place, one in enumerate(reversed(history)):
            with box("marked" if place == 0 else "", "li"):
                text(one.what)
                with box("muted small"):
                    text(f"{one.author}, ", tag="span")
                    moment(one.at, viewer.zone)
