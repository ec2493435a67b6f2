"""The list of episodes."""

from urllib.parse import quote

from nicegui import ui

from console.pages.address import page
from console.pages.frame import frame
from console.pages.parts import box, cell, empty, moment, panel, table, text, word
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import seconds
from console.results.episodes import EpisodeList, EpisodeRow


def episode_address(episode_id: str) -> str:
    """Return the address of an episode's page; ids are unique, names are not."""
    return f"/episodes/{quote(episode_id, safe='')}"


@page("/episodes", "Episodes")
async def episodes(viewer: SignedIn) -> None:
    """Show all episodes, newest first."""
    with frame(viewer, "Episodes") as head:
        found = await viewer.api.get("/episodes", EpisodeList, limit=200)
        with head:
            text(f"{found.total:,}", "tag", tag="span")
        with panel():
            if found.rows:
                _list(viewer, found.rows)
            else:
                hint = "Select transactions in the queue or the search, press e, then choose «New episode»."
                empty("No episodes yet", hint, "auto_awesome_motion")


def _list(viewer: PageViewer, rows: list[EpisodeRow]) -> None:
    with table(["Name", "State", "~#Flags", "#Caught", "~#Flag to live", "~By", "~Flagged"], "Episodes"):
        for row in rows:
            with ui.element("tr"):
                with cell():
                    ui.link(row.name, episode_address(row.id)).classes("strong")
                    if row.reason:
                        text(row.reason, "muted small")
                with cell():
                    word(row.status)
                text(f"{row.flags:,}", "number", tag="td")
                text(f"{row.caught:,}", "number", tag="td")
                text(seconds(row.flag_to_live_ms), "number", tag="td")
                text(row.author, tag="td")
                with cell(), box("muted"):
                    moment(row.flagged_at, viewer.zone)
