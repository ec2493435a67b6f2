"""Earlier transactions that a draft would have alerted and that are not judged yet."""

from functools import partial
from urllib.parse import quote

from nicegui import ui

from console.pages.parts import box, button, cell, moment, panel, panel_head, table, text
from console.pages.support import SupportPanel
from console.pages.viewer import PageViewer
from console.pages.words import amount, masked, rarity
from console.results.preview import EpisodePreview
from console.results.transactions import TransactionRow

SHOWN = 12


def matches_panel(viewer: PageViewer, support: SupportPanel, found: EpisodePreview) -> None:
    """Show unjudged matches, highest surprise first; each can be flagged as fraud or as a lookalike."""
    rows = [row for row in found.matches if row.verdict is None]
    if not rows:
        return
    with panel(), box("stack tight"):
        with panel_head(f"{found.total_matches:,} earlier transactions match"):
            shown = [row.transaction_id for row in rows[:SHOWN]]
            button(f"Flag these {len(shown)} as fraud", partial(support.add, shown))
        with table(["Time", "Card", "#Amount", "#Rarity", ""], "Earlier transactions that match"):
            for row in rows[:SHOWN]:
                _row(viewer, support, row)


def _row(viewer: PageViewer, support: SupportPanel, row: TransactionRow) -> None:
    identity = row.transaction_id
    with ui.element("tr"):
        with cell(), ui.link(target=f"/transactions/{quote(identity, safe='')}"):
            moment(row.event_time, viewer.zone)
        text(masked(row.card), "mono", tag="td")
        text(amount(row.amount, row.currency), "number", tag="td")
        text(rarity(row.tail), "number", tag="td")
        with cell("number"):
            add = partial(support.add, [identity])
            button("", add, icon="playlist_add", kind="quiet", label="Flag as fraud").tooltip("Flag as fraud")
            alike = partial(support.add, [identity], genuine=True)
            made = button("", alike, icon="verified_user", kind="quiet", label="Flag as lookalike")
            made.tooltip("Flag as a genuine lookalike")
