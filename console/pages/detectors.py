"""Detectors and bases: what is in force, on trial, a draft or retired, and what each contributes."""

from typing import Any
from urllib.parse import quote

from nicegui import ui

from console.pages.control_history import control_history
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, facts, panel, table, text, word
from console.pages.refusals import telling
from console.pages.viewer import SignedIn, Viewer
from console.pages.words import NOTHING, count, percent

STATES = ("live", "shadow", "waiting", "draft", "retired")
Row = dict[str, Any]


@ui.page("/detectors", title="Detectors · flagfive")
async def detectors(viewer: SignedIn) -> None:
    """All detectors by state, a comparison of two, and every change of what is in force."""
    with frame(viewer, "Detectors") as head:
        rows = (await viewer.api.get("/detectors"))["rows"]
        live = [row for row in rows if row["status"] == "live"]
        with head:
            text(f"{len(live)} in force", "tag", tag="span")
        with box("stack"):
            if not rows:
                with panel():
                    empty("No detector yet", "The first episode that passes the gate makes one.", "radar")
            for state in STATES:
                _of_state(state, [row for row in rows if row["status"] == state])
            if len(rows) > 1:
                _comparison(viewer, rows)
            await control_history(viewer)


def _of_state(state: str, rows: list[Row]) -> None:
    if not rows:
        return
    with panel(), box("stack tight"):
        with box("line"):
            word(state)
            text(count(len(rows), "detector"), "muted small")
        heads = ["Name", "Kind", "#Share of budget", "#Alerts", "#Confirmed", "#Rejected", "#Precision"]
        with table(heads, f"Detectors, {state}"):
            for row in rows:
                _row(row)


def _row(row: Row) -> None:
    judged = row["confirmed"] + row["rejected"]
    with ui.element("tr"):
        with cell():
            if row["kind"] == "detector":
                ui.link(row["name"], f"/episodes/{quote(row['episode'], safe='')}").classes("strong")
            else:
                text(row["name"], "strong")
            text(row["id"], "mono muted small")
        text(row["kind"], "muted", tag="td")
        text(percent(row["share"]), "number", tag="td")
        for name in ("alerts", "confirmed", "rejected"):
            text(f"{row[name]:,}", "number", tag="td")
        text(percent(row["confirmed"] / judged, 0) if judged else NOTHING, "number", tag="td")


def _comparison(viewer: Viewer, rows: list[Row]) -> None:
    names = {row["id"]: f"{row['name']} · {row['status']}" for row in rows}
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
        place.clear()
        with telling():
            found = await viewer.api.get("/detectors/compare", a=first.value, b=other.value)
            with place:
                _differences(found, names[first.value], names[other.value])


def _differences(found: Row, first: str, other: str) -> None:
    if not found["differences"]:
        facts([("Difference", "none")])
        return
    with table(["", first, other], "Differences"):
        for one in found["differences"]:
            with ui.element("tr"):
                text(str(one["what"]), "muted", tag="td")
                text(str(one["a"]), tag="td")
                text(str(one["b"]), tag="td")
