"""A panel beside the queue that explains the alert in focus."""

from urllib.parse import quote

from nicegui import events, ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, empty, facts, failed, moment, reasons, text, word
from console.pages.viewer import PageViewer
from console.pages.words import amount, masked, rarity
from console.results.transactions import TransactionDetails, TransactionRow


def marks_of(row: TransactionRow) -> list[tuple[str, str]]:
    """Return the queue and the tags of an alert, as far as it has them."""
    both = [("Queue", row.queue), ("Tags", ", ".join(row.tags))]
    return [(name, value) for name, value in both if value]


class PeekPanel:
    """Shows the transaction in focus."""

    def __init__(self, viewer: PageViewer) -> None:
        self._viewer = viewer
        self._wanted = ""
        self._panel = box("panel peek", "aside").props('aria-label="Alert in focus" aria-live=polite')
        with self._panel:
            empty("No alert in focus", "Press j for the first alert, ? for all keys.", "keyboard")

    async def show(self, event: events.GenericEventArguments) -> None:
        """Show the transaction that the browser names; only the latest request is shown."""
        wanted = self._wanted = event.args["transaction_id"]
        try:
            found = await self._viewer.api.get(f"/transactions/{quote(wanted, safe='')}", TransactionDetails)
        except ApiRefused as refused:
            found, told = None, refused.what
        if wanted != self._wanted:
            return
        self._panel.clear()
        with self._panel:
            if found is None:
                failed(told)
            else:
                self._explain(found.row)

    def _explain(self, row: TransactionRow) -> None:
        with box("stack"):
            with box("line"):
                text(amount(row.amount, row.currency), "strong")
                word(row.decision)
                box("grow")
                ui.link("Open", f"/transactions/{quote(row.transaction_id, safe='')}")
            moment(row.event_time, self._viewer.zone).classes("muted small")
            known = [(kind, masked(key)) for kind, key in row.entities.items()]
            facts(
                [
                    *known,
                    ("Rarity", rarity(row.tail)),
                    ("Found by", row.episode or row.scorer),
                    *marks_of(row),
                ]
            )
            text("Why", tag="h2")
            reasons(row.reasons)
