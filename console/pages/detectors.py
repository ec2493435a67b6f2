"""Detectors and bases: what is in force, on trial, a draft or retired, and what each contributes."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from nicegui import ui

from console.pages.bases import Bases
from console.pages.control_history import ControlHistory
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, facts, moment, panel, table, text, word
from console.pages.refusals import telling
from console.pages.viewer import SignedIn, Viewer
from console.pages.words import NOTHING, count, percent

STATES = ("live", "shadow", "draft", "retired")
SHARES = ("share", "precision")
LARGE = 1e4  # from there on four digits would be written as a power of ten
Row = dict[str, Any]
Value = Callable[[Row], str]


@ui.page("/detectors", title="Detectors · flagfive")
async def detectors(viewer: SignedIn) -> None:
    """All detectors by state, a comparison of two, and every change of what is in force."""
    with frame(viewer, "Detectors") as head:
        rows = (await viewer.api.get("/detectors"))["rows"]
        bases = (await viewer.api.get("/detectors/bases"))["rows"]
        rows = _with_own_alerts(rows, bases)
        live = [row for row in rows if row["status"] == "live"]
        with head:
            text(f"{len(live)} in force", "tag", tag="span")
        with box("stack"):
            if not rows:
                with panel():
                    empty("No detector yet", "The first episode that passes the gate makes one.", "radar")
            for state in STATES:
                _of_state(state, [row for row in rows if row["status"] == state])
            Bases(viewer, bases).show()
            earlier = [base for base in bases if base["status"] != "live"]
            if len(rows) + len(earlier) > 1:
                _comparison(viewer, [*rows, *earlier])
            await ControlHistory(viewer).show()


def _with_own_alerts(rows: list[Row], bases: list[Row]) -> list[Row]:
    """The base in force with the alerts of its own time: the list of detectors counts those of all bases."""
    own = {base["id"]: base for base in bases if base["status"] == "live"}
    return [own.get(row["id"], row) for row in rows]


def _of_state(state: str, rows: list[Row]) -> None:
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


def _how_many(rows: list[Row]) -> str:
    bases = sum(row["kind"] == "base" for row in rows)
    parts = [(bases, "base"), (len(rows) - bases, "detector")]
    return ", ".join(count(number, one) for number, one in parts if number)


def _name(row: Row) -> None:
    with cell():
        if row["kind"] == "detector":
            ui.link(row["name"], f"/episodes/{quote(row['episode'], safe='')}").classes("strong")
        else:
            text(row["name"], "strong")
        text(row["id"], "mono muted small")
        if row["reason"]:
            text(row["reason"], "muted small")


def _number_of(name: str) -> Value:
    return lambda row: f"{row[name]:,}"


def _of_trial(show: Callable[[Row], str]) -> Value:
    return lambda row: show(row["trial"]) if row["trial"] else NOTHING


WORK: dict[str, Value] = {
    "Share of budget": lambda row: percent(row["share"]),
    "Alerts": _number_of("alerts"),
    "Confirmed": _number_of("confirmed"),
    "Rejected": _number_of("rejected"),
    "Precision": lambda row: percent(row["precision"], 0),
}
TRIAL: dict[str, Value] = {
    "Would alert": _of_trial(_number_of("alerts")),
    "New": _of_trial(_number_of("new")),
    "Of them new in money": _of_trial(lambda trial: f"{trial['new_amount']:,.0f}"),
    "Known fraud": _of_trial(_number_of("fraud")),
    "Known genuine": _of_trial(_number_of("genuine")),
}
"""What is on trial alerts nothing: shown is what it would have alerted, and what only it would have."""


def _comparison(viewer: Viewer, rows: list[Row]) -> None:
    names = {row["id"]: _option(row) for row in rows}
    with panel("Compare two"), box("stack tight"):
        with box("filters"):
            first = ui.select(names, label="One", with_input=True).props("outlined dense").classes("wide")
            other = ui.select(names, label="The other", with_input=True).props("outlined dense")
            other.classes("wide")
            button("Compare", lambda: show())
        place = box("stack tight")

    async def show() -> None:
        if not first.value or not other.value:
            ui.notify("Choose two.")
            return
        with telling():
            found = await viewer.api.get("/detectors/compare", a=first.value, b=other.value)
            place.clear()
            with place:
                _differences(viewer, found, names[first.value], names[other.value])


def _option(row: Row) -> str:
    stay = row["in_force"]
    earlier = stay is not None and stay["to_offset"] is not None
    state = f"until offset {stay['to_offset']}" if earlier else row["status"]
    return f"{row['name']} · {state}"


def _differences(viewer: Viewer, found: Row, first: str, other: str) -> None:
    if not found["differences"]:
        facts([("Difference", "none")])
        return
    with table(["", first, other], "Differences"):
        for one in found["differences"]:
            with ui.element("tr"):
                text(one["what"].replace("_", " "), "muted", tag="td")
                for side in ("a", "b"):
                    _value(viewer, one["what"], one[side])


def _value(viewer: Viewer, what: str, value: Any) -> None:
    """One side of a difference, as the rest of the page would write it."""
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
