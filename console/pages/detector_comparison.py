"""Two detectors or bases side by side."""

from typing import Any

from nicegui import ui

from console.pages.address import page
from console.pages.detector_tabs import detector_tabs
from console.pages.detectors import with_own_alerts
from console.pages.frame import frame
from console.pages.parts import box, button, cell, empty, facts, moment, panel, table, text
from console.pages.refusals import notify_refusals
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import NOTHING, percent
from console.results.detectors import DetectorComparison, DetectorList, DetectorSummary

SHARES = ("share", "precision")
LARGE = 1e4  # from here on, four digits would print as a power of ten


@page("/detectors/compare", "Compare")
async def compare(viewer: SignedIn) -> None:
    """Compare two detectors or bases, earlier bases included."""
    with frame(viewer, "Detectors", "Compare"):
        rows = (await viewer.api.get("/detectors", DetectorList)).rows
        bases = (await viewer.api.get("/detectors/bases", DetectorList)).rows
        every = [*with_own_alerts(rows, bases), *(base for base in bases if base.status != "live")]
        detector_tabs("Compare")
        if len(every) > 1:
            _comparison(viewer, every)
        else:
            with panel():
                empty("Nothing to compare yet", "Two detectors or bases can be compared.", "radar")


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
