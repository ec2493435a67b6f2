"""The inventory: every model, list and rule in force, with owner, last change and next trigger."""

from urllib.parse import quote

from nicegui import ui

from console.pages.address import page
from console.pages.detector_tabs import detector_tabs
from console.pages.evidence import evidence_links
from console.pages.frame import frame
from console.pages.parts import box, cell, empty, moment, panel, table, text, word
from console.pages.viewer import PageViewer, SignedIn
from console.results.inventory import InventoryList, ModelRow

HEADS = ("Model", "~State", "~Owner", "~Last change", "Next trigger")
SUBJECTS = ("base", "detector", "rule")
"""Kinds that evidence can be about."""
STATES = {"in force": "live", "on trial": "shadow", "dormant": "waiting"}
"""States of the inventory, by the word whose colour they have."""


@page("/detectors/inventory", "Inventory")
async def inventory(viewer: SignedIn) -> None:
    """Show all models, bases first."""
    with frame(viewer, "Detectors", "Inventory") as head:
        found = await viewer.api.get("/inventory", InventoryList)
        with head:
            text(f"{found.total:,}", "tag", tag="span")
        detector_tabs("Inventory")
        with panel():
            if not found.rows:
                empty("Nothing in force yet", "flagfive promote puts a base in force.", "radar")
                return
            with table(HEADS, "Inventory"):
                for row in found.rows:
                    with ui.element("tr") as line:
                        line.props["data-model"] = f"{row.kind}/{row.id}"
                        _row(viewer, row)


def _row(viewer: PageViewer, row: ModelRow) -> None:
    with cell():
        address = _address(row)
        if address:
            ui.link(row.name, address).classes("strong")
        else:
            text(row.name, "strong")
        text(f"{row.kind}/{row.id}", "mono muted small clipped")
        if row.kind in SUBJECTS:
            evidence_links(viewer, f"{row.kind}/{row.id}")
    with cell():
        word(STATES.get(row.state, "retired")).text = row.state
    text(row.owner, tag="td")
    with cell(), box(""):
        moment(row.changed, viewer.zone)
        text(f"by {row.changed_by}: {row.why}" if row.why else f"by {row.changed_by}", "muted small")
    text(row.next_trigger, tag="td")


def _address(row: ModelRow) -> str:
    """Return the address of the page about an entry; empty where it has none."""
    if row.kind == "rule":
        return f"/rules/{row.id}"
    if row.kind == "base":
        return "/detectors/bases"
    return f"/episodes/{quote(row.id, safe='')}" if row.kind == "detector" else ""
