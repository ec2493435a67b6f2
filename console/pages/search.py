"""Search over all transactions. The first payments of a new pattern were not alerted."""

from datetime import datetime
from typing import Any

from nicegui import events, ui

from console.pages.actions import action_buttons, on_actions
from console.pages.address import page
from console.pages.columns import transaction_columns
from console.pages.frame import frame
from console.pages.grid import rows_grid, show
from console.pages.parts import box, empty, text
from console.pages.viewer import PageViewer, SignedIn


@page("/transactions", "Search")
async def search(viewer: SignedIn, q: str = "") -> None:
    """Search transactions by id, entity, time, amount or detector, and flag them."""
    with frame(viewer, "Search") as head:
        with head:
            text("", "tag", tag="span").props("data-total aria-live=polite")
        form = SearchForm(viewer, q)
        with box("line acts").style("margin-bottom: 12px"):
            action_buttons(viewer, "episode")
        with box("grid-holder"):
            form.grid = rows_grid(
                "/transactions",
                transaction_columns(),
                label="Transactions",
                key="transaction_id",
                **form.query(),
            )
            nothing = empty(
                "No transactions found", "Widen the filters, or search for another id.", "search_off"
            )
            nothing.props("data-empty hidden")
        on_actions(viewer)


class SearchForm:
    """The filters; the grid follows each change."""

    def __init__(self, viewer: PageViewer, q: str) -> None:
        self._viewer = viewer
        self._values: dict[str, Any] = {"q": q}
        self.grid: ui.aggrid | None = None
        with box("filters").props('role=search aria-label="Search"'):
            self._add(
                "q", ui.input("Transaction, card or merchant", value=q).classes("wide").props("data-search")
            )
            self._add("amount_min", ui.number("Amount from", min=0).classes("narrow"))
            self._add("amount_max", ui.number("to", min=0).classes("narrow"))
            self._add("since", ui.input("From").props("type=datetime-local stack-label").classes("moment"))
            self._add("until", ui.input("Until").props("type=datetime-local stack-label").classes("moment"))
            self._add("detector", ui.input("Found by"))

    def query(self) -> dict[str, Any]:
        """Return the filters as query parameters of the API."""
        times = {name: self._seconds(self._values.get(name)) for name in ("since", "until")}
        return {name: value for name, value in (self._values | times).items() if value not in (None, "")}

    def _seconds(self, local: str | None) -> float | None:
        """A time in the viewer's zone as seconds since 1970 UTC."""
        if not local:
            return None
        return datetime.fromisoformat(local).replace(tzinfo=self._viewer.zone).timestamp()

    def _add(self, name: str, field: Any) -> None:
        def changed(event: events.ValueChangeEventArguments[Any]) -> None:
            self._values[name] = event.value
            if self.grid is not None:
                show(self.grid, "/transactions", **self.query())

        field.props("outlined dense clearable debounce=300").on_value_change(changed)
