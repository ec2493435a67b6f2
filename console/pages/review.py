"""«Are these fraud too?»: transactions that look like an episode, to be judged one by one."""

from functools import partial
from urllib.parse import quote

from nicegui import ui

from console.pages.parts import box, button, cell, moment, panel, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer
from console.pages.words import amount, count, masked, rarity
from console.results.episodes import EpisodeDetails, EpisodeList
from console.results.requests import RequestResult
from console.results.transactions import TransactionRow

OPEN = ("live", "announced", "draft", "waiting", "shadow")
"""Statuses of episodes that take verdicts."""
_MOST_NAMED = 3  # episodes that the queue asks about; their pages ask for the rest


class ReviewPanel:
    """The question of an episode. A verdict joins the episode, whose detector is then calibrated again.

    Judged rows leave the panel at once; the worker confirms them a moment later.
    """

    def __init__(self, viewer: PageViewer, route: str, found: EpisodeDetails) -> None:
        self._viewer, self._route = viewer, route
        self._judged: set[str] = set()
        self._rows = found.to_review if found.status in OPEN else []

    def look(self, found: EpisodeDetails) -> None:
        """Take the episode as it was read last."""
        rows = found.to_review if found.status in OPEN else []
        if rows != self._rows:
            self._rows = rows
            self.rows.refresh()

    @ui.refreshable_method
    def rows(self) -> None:
        """The transactions; nothing where none are open."""
        rows = [row for row in self._rows if row.transaction_id not in self._judged]
        if not rows:
            return
        with panel("Are these fraud too?") as whole:
            whole.props["data-review"] = True
            text(
                "They look like this pattern and count as genuine. Undetected frauds among them hold the "
                "detector back. It is calibrated again five seconds after the last verdict.",
                "muted small",
            )
            with table(
                ["Time", "Card", "#Amount", "#Rarity", ""], "Transactions that look like this pattern"
            ):
                for row in rows:
                    self._row(row)

    def _row(self, row: TransactionRow) -> None:
        with ui.element("tr") as line:
            line.props["data-asked"] = row.transaction_id
            with cell(), ui.link(target=f"/transactions/{quote(row.transaction_id, safe='')}"):
                moment(row.event_time, self._viewer.zone)
            text(masked(row.card), "mono", tag="td")
            text(amount(row.amount, row.currency), "number", tag="td")
            text(rarity(row.tail), "number", tag="td")
            with cell("number within-reach"), box("line"):
                if self._viewer.may("flag"):
                    self._verdict(row, "confirm", "fraud", "check")
                    self._verdict(row, "reject", "genuine", "close")

    def _verdict(self, row: TransactionRow, field: str, verdict: str, icon: str) -> None:
        words = f"It is {verdict}"
        made = button("", partial(self._judge, row, field), icon=icon, kind=f"quiet {verdict}", label=words)
        made.tooltip(words)

    async def _judge(self, row: TransactionRow, field: str) -> None:
        with notify_refusals():
            await self._viewer.api.post(
                f"{self._route}/matches", RequestResult, {field: [row.transaction_id]}
            )
            self._judged.add(row.transaction_id)
            self.rows.refresh()


async def questions(viewer: PageViewer) -> None:
    """Show in the queue which episodes ask about transactions, with links to their pages."""
    found = await viewer.api.get("/episodes", EpisodeList, status=list(OPEN))
    asking = [row for row in found.rows if row.asks]
    for row in asking[:_MOST_NAMED]:
        with ui.link(target=f"/episodes/{quote(row.id, safe='')}").classes("banner") as line:
            line.props["data-asks"] = row.id
            ui.icon("help_outline").props("size=20px")
            text(f"{row.name}: {count(row.asks, 'transaction')} to judge. Are these fraud too?")
