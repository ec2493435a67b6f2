"""One transaction: facts, reasons, scores, features, and its entities."""

from urllib.parse import quote

from nicegui import ui

from console.pages.actions import action_buttons, on_actions
from console.pages.address import page
from console.pages.entity_panel import entity_panel
from console.pages.episodes import episode_address
from console.pages.frame import frame
from console.pages.notes import notes_panel
from console.pages.parts import box, button, cell, empty, facts, moment, panel, reasons, table, text, word
from console.pages.peek import marks_of
from console.pages.refusals import notify_refusals
from console.pages.scores_panel import scores_panel
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import NOTHING, amount, masked, rarity
from console.results.transactions import (
    EpisodeMembership,
    FeatureRow,
    RevealedEntities,
    TransactionDetails,
    TransactionRow,
    VerdictRow,
)


@page("/transactions/{transaction_id}", "Transaction")
async def transaction(viewer: SignedIn, transaction_id: str) -> None:
    """Show one transaction."""
    with frame(viewer, "Search", transaction_id):
        route = f"/transactions/{quote(transaction_id, safe='')}"
        found = await viewer.api.get(route, TransactionDetails)
        row = found.row
        with box("line acts").style("margin-bottom: 16px"):
            action_buttons(viewer, *(() if row.id is not None else ("episode",)))
        on_actions(viewer, "location.reload()")
        whole = box("columns")
        whole.props["data-transaction"] = transaction_id
        if row.id is not None:
            whole.props["data-alert"] = str(row.id)
        with whole:
            with box("stack"):
                _happened(viewer, found, route)
                _why(row)
                scores_panel(viewer, route)
                with panel("Features"):
                    _features(found.features)
                notes_panel(viewer, found.notes, f"{route}/notes")
            with box("stack"):
                for kind, reference in row.references.items():
                    await entity_panel(viewer, kind, reference)
                _episodes(found.episodes)
                _verdicts(viewer, found.verdicts)
                _others(viewer, found.other_alerts)


def _happened(viewer: PageViewer, found: TransactionDetails, route: str) -> None:
    row = found.row
    with panel():
        with box("line wide-gap").style("margin-bottom: 12px"):
            text(amount(row.amount, row.currency), "strong").style("font-size: 24px; line-height: 32px")
            word(row.decision)
            if row.state:
                word(row.verdict or row.state or "")
            box("grow")
            moment(row.event_time, viewer.zone).classes("muted")
        shown = facts([(kind, masked(key)) for kind, key in row.entities.items()])
        _reveal_button(viewer, route, shown)
        facts(
            [
                ("Rarity", f"{rarity(row.tail)} genuine payments"),
                ("Found by", row.episode or row.scorer or NOTHING),
                ("In force", f"control offset {row.control_offset}"),
                ("Read at", f"partition {found.partition}, offset {found.offset}"),
                ("Trace", found.trace),
                ("Assigned to", row.assignee or NOTHING),
                *marks_of(row),
            ]
        )


def _reveal_button(viewer: PageViewer, route: str, shown: ui.element) -> None:
    if not viewer.may("reveal"):
        return

    async def reveal() -> None:
        with notify_refusals():
            told = await viewer.api.post(f"{route}/reveal", RevealedEntities)
            shown.clear()
            with shown:
                for kind, key in told.entities.items():
                    text(kind, tag="dt")
                    text(key, "mono", tag="dd")
            made.delete()

    made = button("Show full card token", reveal, icon="visibility", kind="quiet")
    made.tooltip("The audit log records who views it")


def _why(row: TransactionRow) -> None:
    with panel("Why"):
        if row.reasons:
            reasons(row.reasons)
        else:
            text("Reasons are recorded only for alerts.", "muted")
        if row.nearest:
            with box("line").style("margin-top: 12px"):
                text("Most similar flagged transaction:", "muted", tag="span")
                ui.link(row.nearest, f"/transactions/{quote(row.nearest, safe='')}").classes("mono")


def _features(features: list[FeatureRow]) -> None:
    opening = ui.expansion(f"{len(features)} features").props("dense")
    with opening, table(["Feature", "In words"], "Features"):
        for one in features:
            with ui.element("tr"):
                text(one.name, "mono muted", tag="td")
                text(one.text, tag="td")


def _episodes(episodes: list[EpisodeMembership]) -> None:
    if not episodes:
        return
    with panel("Flagged in"), box("stack tight"):
        for one in episodes:
            with box("line"):
                ui.link(one.name, episode_address(one.id)).classes("strong")
                word(one.status)
                text(one.role, "muted small")


def _verdicts(viewer: PageViewer, verdicts: list[VerdictRow]) -> None:
    if not verdicts:
        return
    with panel("Verdicts"), box("timeline", "ol"):
        for one in reversed(verdicts):
            with box("marked", "li"):
                word(one.verdict)
                text(f" {one.author}, {one.source}", tag="span")
                with box("muted small"):
                    moment(one.time, viewer.zone)


def _others(viewer: PageViewer, rows: list[TransactionRow]) -> None:
    with panel("Other alerts of the card"):
        if not rows:
            empty("No other alerts", "No other alert of this card is stored.", "credit_card")
            return
        with table(["Raised", "#Amount", "State"], "Other alerts of the card"):
            for row in rows:
                with ui.element("tr"):
                    with cell(), ui.link(target=f"/transactions/{quote(row.transaction_id, safe='')}"):
                        moment(row.raised_at, viewer.zone)
                    text(amount(row.amount, row.currency), "number", tag="td")
                    with cell():
                        word(row.verdict or row.state or "")
