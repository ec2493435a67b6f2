"""What explains the alert in focus, beside the queue, so that most need not be opened."""

from nicegui import events, ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, empty, facts, failed, moment, reasons, text, word
from console.pages.viewer import Viewer
from console.pages.words import amount, rarity


class Peek:
    """A panel that shows one transaction after the other."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._wanted = ""
        self._panel = box("panel peek", "aside").props('aria-label="Alert in focus" aria-live=polite')
        with self._panel:
            empty("No alert in focus", "Press j for the first, ? for all keys.", "keyboard")

    async def show(self, event: events.GenericEventArguments) -> None:
        """Explain the transaction that the browser names; the last one asked for wins."""
        wanted = self._wanted = event.args["transaction_id"]
        try:
            found = await self._viewer.api.get(f"/transactions/{wanted}")
        except ApiRefused as refused:
            found, told = None, refused.what
        if wanted != self._wanted:
            return
        self._panel.clear()
        with self._panel:
            if found is None:
                failed(told)
            else:
                self._explain(found)

    def _explain(self, found: dict[str, object]) -> None:
        row = dict(found)
        with box("stack"):
            with box("line"):
                text(amount(_number(row.get("amount")), str(row.get("currency") or "")), "strong")
                word(str(row.get("decision")))
                box("grow")
                ui.link("Open", f"/transactions/{row['transaction_id']}")
            moment(_number(row.get("event_time")), self._viewer.zone).classes("muted small")
            entities = row.get("entities")
            shown = [
                (name, str(key)) for name, key in (entities if isinstance(entities, dict) else {}).items()
            ]
            facts(
                [*shown, ("Rarity", rarity(_number(row.get("tail")))), ("Found by", str(row.get("scorer")))]
            )
            text("Why", tag="h2")
            found_reasons = row.get("reasons")
            reasons(found_reasons if isinstance(found_reasons, list) else [])


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
