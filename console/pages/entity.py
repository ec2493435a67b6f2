"""One card, merchant or other entity: its profile, its alerts, what it did."""

from typing import Any
from urllib.parse import quote

from nicegui import ui

from console.pages.entity_panel import entity_address, series_lines
from console.pages.frame import frame
from console.pages.parts import box, cell, empty, facts, moment, panel, table, text, word
from console.pages.viewer import SignedIn, Viewer
from console.pages.words import amount, count, rarity


@ui.page("/entities/{kind}/{reference}", title="Entity · flagfive")
async def entity(viewer: SignedIn, kind: str, reference: str) -> None:
    """The page of one entity."""
    with frame(viewer, "Search", kind) as head:
        found = await viewer.api.get(entity_address(kind, reference))
        with head:
            text(found["key"], "tag mono", tag="span")
            text(count(len(found["alerts"]), "alert"), "tag", tag="span")
        with box("columns"):
            with panel("What it did"):
                payments_table(viewer, found["timeline"], "Nothing of it is stored.")
            with panel("Profile"):
                facts([(one["name"], one["text"]) for one in found["numbers"]])
                series_lines(found["series"])


def payments_table(viewer: Viewer, rows: list[dict[str, Any]], nothing: str) -> None:
    """Payments, alerted or not, each a link to its page."""
    if not rows:
        empty("No payments", nothing, "receipt_long")
        return
    with table(["Time", "#Amount", "#Rarity", "Decision", ""], "Payments"):
        for row in rows:
            with ui.element("tr"):
                with cell(), ui.link(target=f"/transactions/{quote(row['transaction_id'], safe='')}"):
                    moment(row["event_time"], viewer.zone)
                text(amount(row["amount"], row["currency"]), "number", tag="td")
                text(rarity(row["tail"]), "number", tag="td")
                with cell():
                    word(row["decision"])
                with cell():
                    if row["verdict"]:
                        word(row["verdict"])
