"""Episodes that wait for a person."""

from nicegui import ui

from console.pages.episodes import episode_address
from console.pages.parts import box, cell, empty, moment, panel, table, text
from console.pages.viewer import Viewer
from console.pages.words import NOTHING


async def approvals(viewer: Viewer) -> None:
    """What waits, oldest first; approved on the episode's own page, where its preview is."""
    rows = (await viewer.api.get("/approvals"))["rows"]
    with panel("Waiting for approval"):
        if not rows:
            empty("Nothing waits", "Episodes that need another person's approval appear here.", "how_to_reg")
            return
        with table(["Episode", "Flagged by", "Since", "Why"], "Approvals"):
            for row in rows:
                with ui.element("tr"):
                    with cell():
                        ui.link(row["name"], episode_address(row)).classes("strong")
                    text(row["author"], tag="td")
                    with cell(), box("muted"):
                        moment(row["flagged_at"], viewer.zone)
                    text(row.get("reason") or NOTHING, "muted", tag="td")
