"""One card, merchant or other entity: profile, payments, and entities seen together with it."""

from urllib.parse import quote

from nicegui import ui

from console.pages.address import page
from console.pages.entity_panel import entity_address, profile
from console.pages.frame import frame
from console.pages.links_panel import LinksPanel
from console.pages.parts import box, cell, empty, moment, panel, table, text, word
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import amount, count, masked, rarity
from console.results.entities import EntityDetails, Partner
from console.results.transactions import TransactionRow


@page("/entities/{kind}/{reference}", "Entity")
async def entity(viewer: SignedIn, kind: str, reference: str) -> None:
    """Show one entity."""
    with frame(viewer, "Search", kind) as head:
        found = await viewer.api.get(entity_address(kind, reference), EntityDetails)
        with head:
            text(masked(found.key), "tag mono", tag="span")
            text(count(found.profile.alerts, "alert"), "tag", tag="span")
        with box("columns"):
            with box("stack"):
                with panel("Payments"):
                    payments_table(viewer, found.timeline, "No payment of this entity is stored.")
                LinksPanel(viewer, f"{entity_address(kind, reference)}/links")
            with box("stack"):
                with panel("Profile"):
                    profile(viewer, found)
                _partners(found.partners)


def _partners(partners: list[Partner]) -> None:
    if not partners:
        return
    with panel("Seen with"), table(["", "", "#Payments"], "Entities seen together with it"):
        for one in partners:
            with ui.element("tr"):
                text(one.kind, "muted", tag="td")
                with cell():
                    ui.link(masked(one.key), entity_address(one.kind, one.reference)).classes("mono")
                text(f"{one.transactions:,}", "number", tag="td")


def payments_table(viewer: PageViewer, rows: list[TransactionRow], nothing: str) -> None:
    """Show payments, alerted or not, each with a link to its page."""
    if not rows:
        empty("No payments", nothing, "receipt_long")
        return
    with table(["Time", "#Amount", "#Rarity", "Decision", ""], "Payments"):
        for row in rows:
            with ui.element("tr"):
                with cell(), ui.link(target=f"/transactions/{quote(row.transaction_id, safe='')}"):
                    moment(row.event_time, viewer.zone)
                text(amount(row.amount, row.currency), "number", tag="td")
                text(rarity(row.tail), "number", tag="td")
                with cell():
                    word(row.decision)
                with cell():
                    if row.verdict:
                        word(row.verdict)
