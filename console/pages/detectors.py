"""Detectors and bases by state: live, shadow, draft and retired."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from nicegui import ui

from console.pages.bases import BasesPanel
from console.pages.control_history import ControlHistoryPanel
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, facts, moment, panel, table, text, word
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import NOTHING, count, percent
from console.results.detectors import DetectorComparison, DetectorList, DetectorSummary, TrialRow

STATES = ("live", "shadow", "draft", "retired")
SHARES = ("share", "precision")
LARGE = 1e4  # from here on, four digits would print as a power of ten
Value = Callable[[DetectorSummary], str]


@ui.page("/detectors", title="Detectors · flagfive")
async def detectors(viewer: SignedIn) -> None:
    """Show all detectors by state, a comparison of two, and the changes of the control log."""
    with frame(viewer, "Detectors") as head:
        rows = (await viewer.api.get("/detectors", DetectorList)).rows
        bases = (await viewer.api.get("/detectors/bases", DetectorList)).rows
        rows = _with_own_alerts(rows, bases)
        live = [row for row in rows if row.status == "live"]
        with head:
            text(f"{len(live)} in force", "tag", tag="span")
        with box("stack"):
            if not rows:
                with panel():
                    empty("No detectors yet", "The first episode that passes the gate creates one.", "radar")
            for state in STATES:
                _of_state(state, [row for row in rows if row.status == state])
            BasesPanel(viewer, bases).show()
            earlier = [base for base in bases if base.status != "live"]
            if len(rows) + len(earlier) > 1:
                _comparison(viewer, [*rows, *earlier])
            await ControlHistoryPanel(viewer).show()


def _with_own_alerts(rows: list[DetectorSummary], bases: list[DetectorSummary]) -> list[DetectorSummary]:
    """Count only the current base's own alerts: the list of detectors counts those of all bases."""
    own = {base.id: base for base in bases if base.status == "live"}
    return [own.get(row.id, row) for row in rows]


def _of_state(state: str, rows: list[DetectorSummary]) -> None:
    if not rows:
        return
    columns = TRIAL if state == "shadow" else WORK
    with panel(), box("stack tight"):
        with box("line"):
            word(state)
            text(_how_many(rows), "muted small")
        with table(["Name", *(f"#{head}" for head in columns)], f"Detectors, {state}"):
            for row in rows:
                with ui.element("tr"):
                    _name(row)
                    for value in columns.values():
                        text(value(row), "number", tag="td")


def _how_many(rows: list[DetectorSummary]) -> str:
    bases = sum(row.kind == "base" for row in rows)
    parts = [(bases, "base"), (len(rows) - bases, "detector")]
    return ", ".join(count(number, one) for number, one in parts if number)


def _name(row: DetectorSummary) -> None:
    with cell():
        if row.kind == "detector":
            ui.link(row.name, f"/episodes/{quote(row.episode, safe='')}").classes("strong")
        else:
            text(row.name, "strong")
        text(row.id, "mono muted small")
        if row.reason:
            text(row.reason, "muted small")


def _of_trial(number: Callable[[TrialRow], float]) -> Value:
    return lambda row: f"{number(row.trial):,.0f}" if row.trial else NOTHING


WORK: dict[str, Value] = {
    "Share of budget": lambda row: percent(row.share),
    "Alerts": lambda row: f"{row.alerts:,}",
    "Confirmed": lambda row: f"{row.confirmed:,}",
    "Rejected": lambda row: f"{row.rejected:,}",
    "Precision": lambda row: percent(row.precision, 0),
}
TRIAL: dict[str, Value] = {
    "Would alert": _of_trial(lambda trial: trial.alerts),
    "New": _of_trial(lambda trial: trial.new),
    "New, amount": _of_trial(lambda trial: trial.new_amount),
    "Known fraud": _of_trial(lambda trial: trial.fraud),
    "Known genuine": _of_trial(lambda trial: trial.genuine),
}
"""Columns of shadow detectors, which raise no alerts: what they would have alerted."""


def _comparison(viewer: PageViewer, rows: list[DetectorSummary]) -> None:
    names = {row.id: _option(row) for row in rows}
    with panel("Compare two"), box("stack tight"):
        with box("filters"):
            first = ui.select(names, label="First", with_input=True).props("outlined dense").classes("wide")
            other = ui.select(names, label="Second", with_input=True).props("outlined dense")
            other.classes("wide")
            button("Compare", lambda: show())
        place = box("stack tight")

    async def show() -> None:
        if not first.value or not other.value:
            ui.notify("Choose two detectors.")
            return
        with notify_refusals():
            found = await viewer.api.get(
                "/detectors/compare", DetectorComparison, a=first.value, b=other.value
            )
            place.clear()
            with place:
                _differences(viewer, found, names[first.value], names[other.value])


def _option(row: DetectorSummary) -> str:
    end = row.in_force.to_offset if row.in_force else None
    state = row.status if end is None else f"until offset {end}"
    return f"{row.name} · {state}"


def _differences(viewer: PageViewer, found: DetectorComparison, first: str, other: str) -> None:
    if not found.differences:
        facts([("Differences", "none")])
        return
    with table(["", first, other], "Differences"):
        for one in found.differences:
            with ui.element("tr"):
                text(one.what.replace("_", " "), "muted", tag="td")
                for value in (one.a, one.b):
                    _value(viewer, one.what, value)


def _value(viewer: PageViewer, what: str, value: Any) -> None:
    """Show one side of a difference, formatted as on the rest of the page."""
    if what.endswith("_at") and value is not None:
        with cell():
            moment(value, viewer.zone)
        return
    text(_words_of(what, value), tag="td")


def _words_of(what: str, value: Any) -> str:
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, float):
        if what in SHARES:
            return percent(value)
        if what.endswith("_rate"):
            return percent(value, 3)
        return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:,.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
