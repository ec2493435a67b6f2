"""The list of written rules."""

from urllib.parse import urlencode

from nicegui import ui

from console.pages.address import page
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, moment, panel, sparkline, table, text, word
from console.pages.viewer import PageViewer, SignedIn
from console.results.rules import RuleList, RuleRow, RuleTerms

SHOWN, DAYS = 200, 14
HEADS = ("Rule", "~Action", "Mode", "~#Order", "~Owner", f"In {DAYS} days", "~Changed")


@page("/rules", "Rules")
async def rules(viewer: SignedIn, q: str = "") -> None:
    """Show the rules in the order in which they decide; `q` filters them."""
    with frame(viewer, "Rules") as head:
        found = await viewer.api.get("/rules", RuleList, q=q, days=DAYS, limit=SHOWN)
        with head:
            text(f"{found.total:,}", "tag", tag="span")
            button("Suppressions", lambda: ui.navigate.to("/suppressions"), icon="volume_off")
            if viewer.may("approve"):
                button("New rule", lambda: ui.navigate.to("/new-rule"), icon="add", kind="go")
        _search(q)
        with panel():
            if found.rows:
                _list(viewer, found)
            elif q:
                empty("No rule holds this text", "Search in id, condition, owner and note.", "search")
            else:
                hint = "A rule is a condition with an action, such as: card.count_1h >= 3, review."
                empty("No rules yet", hint, "rule")


def mode_words(terms: RuleTerms) -> str:
    """Return the mode, with the share of the cards where it is live for a part: «live 10%»."""
    part = terms.mode == "live" and terms.percent < 100
    return f"live {terms.percent:g}%" if part else terms.mode


def effect_words(terms: RuleTerms) -> str:
    """Return the action with its amount, tag, queue or list: «raise by 0.5»."""
    if terms.to_list:
        return f"add {terms.entity} to {terms.to_list} for {terms.lasting}"
    amount = f" by {terms.by:g}" if terms.by else ""
    return " ".join(filter(None, (terms.action + amount, terms.tag, terms.queue)))


def _search(q: str) -> None:
    with box("filters"):
        field = ui.input("Search rules", value=q).props("outlined dense clearable maxlength=200")
        field.classes("wide").on(
            "keydown.enter", lambda: ui.navigate.to("/rules?" + urlencode({"q": field.value or ""}))
        )


def _list(viewer: PageViewer, found: RuleList) -> None:
    with table(HEADS, "Rules"):
        for row in found.rows:
            with ui.element("tr") as line:
                line.props["data-rule"] = row.id
                _row(viewer, row)
    if found.total > len(found.rows):
        text(f"{found.total - len(found.rows):,} more: narrow the search.", "muted small")


def _row(viewer: PageViewer, row: RuleRow) -> None:
    with cell():
        ui.link(row.id, f"/rules/{row.id}").classes("strong")
        text(row.terms.note or row.terms.condition, "muted small clipped")
        if row.state != "ok":
            text(f"not evaluated: {row.state}", "small fraud-text")
    text(effect_words(row.terms), tag="td")
    with cell():
        word(row.terms.mode).text = mode_words(row.terms)
    text(f"{row.terms.order:,}", "number", tag="td")
    text(row.terms.owner, tag="td")
    with cell():
        counts = [day.shadow + day.live for day in row.days]
        total = sum(counts)
        text(f"{total:,}", "number")
        if total:
            sparkline(counts, f"Matches of {row.id} by day")
    with cell(), box("muted"):
        moment(row.changed_at, viewer.zone)
        text(f"by {row.changed_by}", "small")
