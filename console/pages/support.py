"""The flags of a new episode: fraud, genuine lookalikes, and marks of the checks."""

import asyncio
from collections.abc import Callable
from urllib.parse import quote

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import box, button, cell, empty, moment, table, text
from console.pages.viewer import PageViewer
from console.pages.words import amount, masked
from console.results.transactions import TransactionDetails, TransactionRow


class SupportPanel:
    """Transactions flagged as fraud and as genuine lookalikes; `changed` is called after each change.

    Attributes:
        fraud, genuine: ids, in the order they were added.
    """

    def __init__(self, viewer: PageViewer, changed: Callable[[], object]) -> None:
        self._viewer = viewer
        self._changed = changed
        self._rows: dict[str, TransactionRow] = {}
        self.fraud: list[str] = []
        self.genuine: list[str] = []
        self._odd: dict[str, str] = {}

    async def add(self, ids: list[str], *, genuine: bool = False) -> None:
        """Flag more transactions, as fraud or as lookalikes; notify the viewer of unknown ones."""
        new = [one for one in dict.fromkeys(ids) if one not in self._rows]
        for identity, found in zip(new, await asyncio.gather(*map(self._read, new)), strict=True):
            if found is not None:
                self._rows[identity] = found
                (self.genuine if genuine else self.fraud).append(identity)
        self._tell()

    def mark(self, odd: dict[str, str]) -> None:
        """Show a remark of the checks beside flags, by transaction id."""
        self._odd = odd
        self.show.refresh()

    def keep(self, ids: list[str]) -> None:
        """Keep only these fraud flags, for example one of two patterns."""
        for identity in [one for one in self.fraud if one not in ids]:
            self._remove(identity)
        self._tell()

    @ui.refreshable_method
    def show(self) -> None:
        """Draw the flags as a table."""
        if not self._rows:
            empty("No flags yet", "Select transactions in the queue or the search, and press e.", "flag")
            return
        with table(["Time", "Card", "#Amount", "Flagged as", ""], "Flags of the episode"):
            for identity in [*self.fraud, *self.genuine]:
                self._row(identity, self._rows[identity])

    def _row(self, identity: str, row: TransactionRow) -> None:
        with ui.element("tr") as line:
            line.props["data-flag"] = identity
            with cell(), ui.link(target=f"/transactions/{quote(identity, safe='')}"):
                moment(row.event_time, self._viewer.zone)
            with cell():
                text(masked(row.card), "mono", tag="span")
                if identity in self._odd:
                    text(self._odd[identity], "tag watch", tag="span").style("margin-left: 8px")
            text(amount(row.amount, row.currency), "number", tag="td")
            with cell():
                self._choice(identity)
            with cell("number within-reach"):
                button("", lambda: self._drop(identity), icon="close", kind="quiet", label="Remove this flag")

    def _choice(self, identity: str) -> None:
        def turn() -> None:
            source, target = (
                (self.genuine, self.fraud) if identity in self.genuine else (self.fraud, self.genuine)
            )
            source.remove(identity)
            target.append(identity)
            self._tell()

        kind = "genuine" if identity in self.genuine else "fraud"
        words = "lookalike" if kind == "genuine" else "fraud"
        with box(f"tag {kind}", "button").props("type=button") as made:
            text(words, tag="span")
        made.props["aria-label"] = f"Flagged as {words}; change"
        made.on("click", turn)

    def _drop(self, identity: str) -> None:
        self._remove(identity)
        self._tell()

    def _remove(self, identity: str) -> None:
        del self._rows[identity]
        for ids in (self.fraud, self.genuine):
            if identity in ids:
                ids.remove(identity)

    def _tell(self) -> None:
        self.show.refresh()
        self._changed()

    async def _read(self, identity: str) -> TransactionRow | None:
        try:
            found = await self._viewer.api.get(
                f"/transactions/{quote(identity, safe='')}", TransactionDetails
            )
        except ApiRefused as refused:
            ui.notify(refused.what, type="warning")
            return None
        return found.row
