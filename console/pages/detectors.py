"""Detectors and bases by state: live, shadow, draft and retired."""

from collections.abc import Callable
from urllib.parse import quote

from nicegui import ui

from console.pages.address import page
from console.pages.detector_tabs import detector_tabs
from console.pages.frame import frame
from console.pages.parts import box, cell, empty, panel, table, text, word
from console.pages.viewer import SignedIn
from console.pages.words import NOTHING, count, percent
from console.results.detectors import DetectorList, DetectorSummary, TrialRow

STATES = ("live", "shadow", "draft", "retired")
Value = Callable[[DetectorSummary], str]


@page("/detectors", "Detectors")
async def detectors(viewer: SignedIn) -> None:
    """Show all detectors by state."""
    with frame(viewer, "Detectors") as head:
        rows = (await viewer.api.get("/detectors", DetectorList)).rows
        bases = (await viewer.api.get("/detectors/bases", DetectorList)).rows
        rows = with_own_alerts(rows, bases)
        live = [row for row in rows if row.status == "live"]
        with head:
            text(f"{len(live)} in force", "tag", tag="span")
        detector_tabs("In force and on trial")
        with box("stack"):
            if not rows:
                with panel():
                    empty("No detectors yet", "The first episode that passes the gate creates one.", "radar")
            for state in STATES:
                _of_state(state, [row for row in rows if row.status == state])


def with_own_alerts(rows: list[DetectorSummary], bases: list[DetectorSummary]) -> list[DetectorSummary]:
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
        with table(["Name", *map(_number_head, columns)], f"Detectors, {state}"):
            for row in rows:
                with ui.element("tr"):
                    _name(row)
                    for value in columns.values():
                        text(value(row), "number", tag="td")


def _number_head(name: str) -> str:
    """Return the head of a column of numbers: «#» goes behind the mark of a wide column."""
    return f"~#{name[1:]}" if name.startswith("~") else f"#{name}"


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
    "~Confirmed": lambda row: f"{row.confirmed:,}",
    "~Rejected": lambda row: f"{row.rejected:,}",
    "Precision": lambda row: percent(row.precision, 0),
}
TRIAL: dict[str, Value] = {
    "Would alert": _of_trial(lambda trial: trial.alerts),
    "New": _of_trial(lambda trial: trial.new),
    "~New, amount": _of_trial(lambda trial: trial.new_amount),
    "Known fraud": _of_trial(lambda trial: trial.fraud),
    "~Known genuine": _of_trial(lambda trial: trial.genuine),
}
"""Columns of shadow detectors, which raise no alerts: what they would have alerted."""
