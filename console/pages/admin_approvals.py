"""Episodes that wait for approval, and past decisions."""

from nicegui import ui

from console.pages.episodes import episode_address
from console.pages.parts import box, cell, empty, moment, panel, table, text, word
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING
from console.results.administration import ApprovalDecision, ApprovalList
from console.results.episodes import EpisodeRow


async def approvals(viewer: PageViewer) -> None:
    """Show waiting episodes, oldest first. They are approved on the episode's own page."""
    found = await viewer.api.get("/approvals", ApprovalList)
    _waiting(viewer, found.rows)
    if found.decided:
        _decided(viewer, found.decided)


def _waiting(viewer: PageViewer, rows: list[EpisodeRow]) -> None:
    with panel("Waiting for approval"):
        if not rows:
            empty(
                "No episode is waiting",
                "Episodes that need another person's approval appear here.",
                "how_to_reg",
            )
            return
        with table(["Episode", "Flagged by", "Since", "Reason"], "Approvals"):
            for row in rows:
                with ui.element("tr"):
                    with cell():
                        ui.link(row.name, episode_address(row.id)).classes("strong")
                    text(row.author, tag="td")
                    with cell(), box("muted"):
                        moment(row.flagged_at, viewer.zone)
                    text(row.growth_waits or row.reason or NOTHING, "muted", tag="td")


def _decided(viewer: PageViewer, rows: list[ApprovalDecision]) -> None:
    with panel("Decided"), table(["When", "Episode", "Flagged by", "Decision", "By", "Reason"], "Decisions"):
        for row in rows:
            with ui.element("tr"):
                with cell(), box("muted"):
                    moment(row.time, viewer.zone)
                with cell():
                    ui.link(row.episode, episode_address(row.episode_id))
                text(row.flagged_by, tag="td")
                with cell():
                    word(row.decision)
                text(row.author, tag="td")
                text(row.note or NOTHING, "muted", tag="td")
