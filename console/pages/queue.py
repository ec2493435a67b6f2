"""The queue of alerts."""

from typing import Any

from nicegui import events, ui

from console.pages.actions import action_buttons, on_actions
from console.pages.address import page
from console.pages.columns import alert_columns
from console.pages.first_steps import FirstStepsPanel
from console.pages.frame import frame
from console.pages.grid import rows_grid, show
from console.pages.learning import LearningBanner
from console.pages.parts import box, empty, text
from console.pages.peek import PeekPanel
from console.pages.review import questions
from console.pages.saved_views import saved_views
from console.pages.viewer import PageViewer, SignedIn
from console.results.detectors import DetectorList
from console.results.rules import RuleList

STATES = {
    "": "Waiting",
    "open": "Unassigned",
    "assigned": "Assigned",
    "snoozed": "Snoozed",
    "decided": "Decided",
}

DEADLINES = {"": "Any", "true": "Overdue"}


@page("/", "Queue")
async def queue(viewer: SignedIn) -> None:
    """Show open alerts by priority, with the one in focus explained beside them."""
    with frame(viewer, "Queue") as head:
        with head:
            text("", "tag", tag="span").props("data-total aria-live=polite")
        await LearningBanner.read(viewer)
        await FirstStepsPanel.read(viewer)
        await questions(viewer)
        filters = Filters(viewer, await scorers(viewer), await marks(viewer))
        with box("line acts").style("margin-bottom: 12px"):
            action_buttons(viewer)
            text(
                "Most urgent first: rare and large payments. Click a heading for another order.",
                "muted small",
            )
        with box("queue"):
            with box("grid-holder"):
                pill = box("plain-button go pill", "button").props("data-newest hidden type=button")
                pill.props["aria-label"] = "Show new alerts"
                filters.grid = rows_grid(
                    "/alerts", alert_columns(), label="Alerts", key="id", **filters.query()
                )
                nothing = empty("No alerts waiting", "New alerts appear here automatically.", "done_all")
                nothing.props("data-empty hidden")
            peek = PeekPanel(viewer)
        on_actions(viewer)
        ui.on("row_in_focus", peek.show)
        ui.run_javascript("flagfive.live.follow('/api/v1/alerts/newest')")


async def scorers(viewer: PageViewer) -> dict[str, str]:
    """Return the names of scorers that can raise alerts, by id: base, block, and detectors with alerts."""
    rows = (await viewer.api.get("/detectors", DetectorList)).rows
    detectors = {row.id: row.name for row in rows if row.kind == "detector" and row.alerts}
    return {"": "Anything", "base": "Base", "block": "Block"} | detectors


async def marks(viewer: PageViewer) -> dict[str, list[str]]:
    """Return the queues and tags that written rules name, where there are any."""
    rows = (await viewer.api.get("/rules", RuleList, days=1, limit=200)).rows
    named = {
        "queue": sorted({row.terms.queue for row in rows} - {""}),
        "tag": sorted({row.terms.tag for row in rows} - {""}),
    }
    return {name: values for name, values in named.items() if values}


class Filters:
    """The filters; the grid follows each change."""

    def __init__(self, viewer: PageViewer, scorers: dict[str, str], marks: dict[str, list[str]]) -> None:
        self._viewer = viewer
        self.grid: ui.aggrid | None = None
        self._values: dict[str, Any] = {}
        self._fields: dict[str, Any] = {}
        with box("filters").props('role=search aria-label="Filters"'):
            self._add("state", ui.select(STATES, value="", label="State"))
            mine = {"": "Anyone", viewer.name: "Me"}
            self._add("assignee", ui.select(mine, value="", label="Assigned to"))
            self._add("detector", ui.select(scorers, value="", label="Found by"))
            self._add("overdue", ui.select(DEADLINES, value="", label="Case"))
            for name, values in marks.items():
                choices = {"": "Any"} | {value: value for value in values}
                self._add(name, ui.select(choices, value="", label=name.capitalize()))
            self._add("card", ui.input("Card").props("clearable debounce=300 data-search"))
            self._add("min_amount", ui.number("Amount from", min=0).props("debounce=300").classes("narrow"))
            self._add("max_amount", ui.number("to", min=0).props("debounce=300").classes("narrow"))
            saved_views(viewer, "queue", self.query, self.take)

    def query(self) -> dict[str, Any]:
        """Return the filters as query parameters of the API."""
        return {name: value for name, value in self._values.items() if value not in (None, "")}

    def take(self, query: dict[str, Any]) -> None:
        """Apply a saved view; fields that it does not name are cleared."""
        for name, field in self._fields.items():
            field.value = query.get(name, "" if name not in ("min_amount", "max_amount") else None)

    def _add(self, name: str, field: Any) -> None:
        def changed(event: events.ValueChangeEventArguments[Any]) -> None:
            self._values[name] = event.value
            if self.grid is not None:
                show(self.grid, "/alerts", **self.query())

        field.props("outlined dense").on_value_change(changed)
        self._fields[name] = field
