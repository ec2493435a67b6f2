"""Webhooks: what was sent to other systems, what waits, and what has failed."""

from functools import partial

from nicegui import ui

from console.pages.parts import box, button, cell, empty, moment, panel, panel_head, table, text, word
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.results.webhooks import DeliveryList, DeliveryRow

MOST = 100
HEADS = ["Queued", "Endpoint", "Event", "~Subject", "State", "#Tries", "Answer", ""]


async def webhooks(viewer: PageViewer) -> None:
    """Show the newest deliveries, those that failed first, with a button for another try."""
    failed = await viewer.api.get("/webhooks/deliveries", DeliveryList, state="failed", limit=MOST)
    newest = await viewer.api.get("/webhooks/deliveries", DeliveryList, limit=MOST)
    if failed.rows:
        _list(viewer, "Failed", failed)
    _list(viewer, "Newest deliveries", newest)


def _list(viewer: PageViewer, title: str, found: DeliveryList) -> None:
    with panel():
        with panel_head(title):
            text(f"{found.total:,}", "tag", tag="span")
        if not found.rows:
            empty("No deliveries", "The section [webhooks] of flagfive.toml names who is told.", "webhook")
            return
        with table(HEADS, title):
            for row in found.rows:
                _row(viewer, row)


def _row(viewer: PageViewer, row: DeliveryRow) -> None:
    with ui.element("tr"):
        with cell(), box("muted"):
            moment(row.queued_at, viewer.zone)
        text(row.endpoint, tag="td")
        with cell():
            text(row.type, "strong")
            text(row.event, "muted small")
        text(row.subject, tag="td")
        with cell():
            word(row.state)
        text(f"{row.attempts:,}", "number", tag="td")
        text(row.cause or str(row.status or ""), "small", tag="td")
        with cell("number"):
            if row.state == "failed" and viewer.may("administer"):
                button("Retry", partial(_retry, viewer, row.id), kind="quiet")


async def _retry(viewer: PageViewer, delivery_id: int) -> None:
    with notify_refusals():
        await viewer.api.post(f"/webhooks/deliveries/{delivery_id}/retry", DeliveryRow)
        ui.navigate.reload()
