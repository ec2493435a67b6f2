"""The alerts of an episode's detector, to be confirmed or rejected one by one."""

from dataclasses import replace
from functools import partial
from urllib.parse import quote

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, cell, empty, moment, panel, table, text, word
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import amount, masked, rarity
from console.results.alerts import AlertList, AlertsChanged
from console.results.transactions import TransactionRow

MOST = 20


class CatchesPanel:
    """The newest alerts of a detector; a verdict joins the episode, which is then readapted.

    While the pointer is over the list, the list does not change, so that no row moves under the pointer.
    """

    def __init__(self, viewer: PageViewer) -> None:
        self._viewer = viewer
        self._rows: list[TransactionRow] = []
        self._held = False

    def panel(self) -> None:
        """Draw the panel; `look` fills it."""
        with panel("Caught") as whole:
            whole.on("mouseenter", partial(self._hold, True)).on("mouseleave", partial(self._hold, False))
            self.rows()

    async def look(self, detector_id: str | None) -> None:
        """Read the newest alerts of the episode's detector."""
        if self._held or detector_id is None:
            return
        states = ["open", "assigned", "decided"]
        try:
            found = await self._viewer.api.get(
                "/alerts", AlertList, state=states, detector=detector_id, sort="-raised_at", limit=MOST
            )
        except ApiRefused:
            return
        if found.rows != self._rows and not self._held:
            self._rows = found.rows
            self.rows.refresh()

    def _hold(self, held: bool) -> None:
        self._held = held

    @ui.refreshable_method
    def rows(self) -> None:
        """The alerts as a table."""
        if not self._rows:
            empty("No catches yet", "The next payment of this pattern appears here.", "radar")
            return
        with table(["Raised", "Card", "#Amount", "#Rarity", "", ""], "Caught by this episode"):
            for row in self._rows:
                self._row(row)

    def _row(self, row: TransactionRow) -> None:
        with ui.element("tr") as line:
            line.props["data-catch"] = row.transaction_id
            with cell(), ui.link(target=f"/transactions/{quote(row.transaction_id, safe='')}"):
                moment(row.raised_at, self._viewer.zone)
            text(masked(row.card), "mono", tag="td")
            text(amount(row.amount, row.currency), "number", tag="td")
            text(rarity(row.tail), "number", tag="td")
            with cell():
                word(row.verdict or row.state or "")
            with cell("number within-reach"), box("line"):
                if row.verdict is None and self._viewer.may("decide"):
                    self._verdict(row, "fraud", "Confirm", "check")
                    self._verdict(row, "genuine", "Reject", "close")

    def _verdict(self, row: TransactionRow, verdict: str, words: str, icon: str) -> None:
        async def decide() -> None:
            with notify_refusals():
                await self._viewer.api.post(
                    "/alerts/decide", AlertsChanged, {"ids": [row.id], "verdict": verdict}
                )
                self._rows = [
                    replace(one, verdict=verdict) if one.id == row.id else one for one in self._rows
                ]
                self.rows.refresh()

        made = button("", decide, icon=icon, kind=f"quiet {verdict}", label=f"{words} as {verdict}")
        made.tooltip(f"{words}: it is {verdict}")
