"""One episode: where its detector is live, what it caught, and the ways back."""

from typing import Any
from urllib.parse import quote

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.entity import payments_table
from console.pages.episode_actions import episode_actions
from console.pages.episode_catches import Catches
from console.pages.frame import frame
from console.pages.parts import banner, box, facts, moment, panel, text, tile, word
from console.pages.viewer import SignedIn, Viewer
from console.pages.words import NOTHING, amount, count, percent, seconds

LOOK_S = 1.0
Episode = dict[str, Any]


@ui.page("/episodes/{name}", title="Episode · flagfive")
async def episode(viewer: SignedIn, name: str) -> None:
    """The page of one episode; it follows what happens by itself."""
    with frame(viewer, "Episodes", "Episode") as head:
        route = f"/episodes/{quote(name, safe='')}"
        shown = EpisodePage(viewer, route, found := await viewer.api.get(route))
        head.title.text = found["name"]
        with head:
            shown.heading()
        shown.body()
        ui.timer(LOOK_S, shown.look, immediate=False)


class EpisodePage:
    """What is shown of an episode; parts are drawn again only when what they show has changed."""

    def __init__(self, viewer: Viewer, route: str, found: Episode) -> None:
        self._viewer = viewer
        self._route = route
        self._found = found
        self._catches = Catches(viewer, route)

    async def look(self) -> None:
        """Read the episode again."""
        try:
            found = await self._viewer.api.get(self._route)
        except ApiRefused:
            return  # away for a moment: the next look tells
        if found != self._found:
            self._found = found
            self.heading.refresh()
            self.state.refresh()
        await self._catches.look(found)

    @ui.refreshable_method
    def heading(self) -> None:
        """State and what may be done."""
        word(self._found["status"]).props["data-status"] = self._found["status"]
        episode_actions(self._viewer, self._route, self._found, self.look)

    def body(self) -> None:
        """All below the heading."""
        self.state()

    @ui.refreshable_method
    def state(self) -> None:
        """Numbers, flags and history."""
        found = self._found
        with box("stack"):
            if found.get("reason"):
                banner(found["reason"], "fraud" if found["status"] in ("refused", "draft") else "")
            _tiles(found)
            with box("columns"):
                with box("stack"):
                    self._catches.panel(found)
                    with panel("Flagged"):
                        payments_table(self._viewer, found.get("support") or [], "No flags are stored.")
                with box("stack"):
                    _facts(self._viewer, found)
                    _history(self._viewer, found.get("history") or [])


def live_words(acks: dict[str, Any] | None) -> str:
    """«live on 4 of 4 partitions after 0.6 s»."""
    if not acks or not acks.get("of"):
        return NOTHING
    after = f" after {acks['seconds']:.1f} s" if acks.get("seconds") is not None else ""
    return f"live on {acks['live']} of {acks['of']} partitions{after}"


def _tiles(found: Episode) -> None:
    with box("tiles"):
        tile("In force", live_words(found.get("acks"))).classes("sentence").props["data-acks"] = True
        tile("Caught", count(found.get("caught") or 0, "payment"))
        tile("Money held", amount(found.get("money_held"), found.get("currency")))
        judged = (found.get("confirmed") or 0) + (found.get("rejected") or 0)
        tile("Precision so far", percent(found.get("precision"), 0), count(judged, "alert") + " judged")


def _facts(viewer: Viewer, found: Episode) -> None:
    with panel("Episode"):
        facts(
            [
                ("Flagged by", found["author"]),
                ("Detector", found.get("detector_id") or NOTHING),
                ("Adapted after", seconds(found.get("flag_to_adapted_ms"))),
                ("Live after", seconds(found.get("flag_to_live_ms"))),
                ("Adapted anew", count(max(0, len(found["readaptations"]) - 1), "time")),
            ]
        )
        first = found.get("first_catch")
        if first:
            with box("line").style("margin-top: 12px"):
                text("First catch", "muted", tag="span")
                with ui.link(target=f"/transactions/{quote(first['transaction_id'], safe='')}"):
                    moment(first["event_time"], viewer.zone)
                text(amount(first["amount"], first["currency"]), tag="span")
        for note in found.get("notes") or []:
            text(note, "note small").style("margin-top: 12px")


def _history(viewer: Viewer, history: list[dict[str, Any]]) -> None:
    if not history:
        return
    with panel("History"), box("timeline", "ol"):
        for place, one in enumerate(reversed(history)):
            with box("marked" if place == 0 else "", "li"):
                text(one["what"])
                with box("muted small"):
                    text(f"{one['author']}, ", tag="span")
                    moment(one["at"], viewer.zone)
