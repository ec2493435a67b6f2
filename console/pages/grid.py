"""Grids whose rows the browser asks of the API, a page at a time, however many there are."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from console.pages.api_client import PREFIX

PAGE_ROWS, PAGES_HELD = 100, 20
ROW_PX, HEAD_PX = 38, 38
NARROW_PX = 900  # as in static/console.css

Column = dict[str, Any]


def column(name: str, field: str, cell: str = "", **options: Any) -> Column:
    """A column of the API's `field`; `cell` names what draws it, of static/cells.js.

    `wide=True` leaves it out where the window is narrow, `narrow` is its width there; `sort=False` where the
    API cannot sort by it.
    """
    made: Column = {"headerName": name, "field": field, "sortable": options.pop("sort", False)}
    if cell:
        made[":cellRenderer"] = f"flagfive.cells.{cell}"
    narrow = options.pop("narrow", None)
    if narrow is not None:
        made[":width"] = f"innerWidth < {NARROW_PX} ? {narrow} : {options.pop('width')}"
    if options.pop("wide", False):
        made[":hide"] = f"innerWidth < {NARROW_PX}"
    return made | options


def rows_grid(route: str, columns: Sequence[Column], *, label: str, key: str, **query: Any) -> ui.aggrid:
    """A grid over a list of the API; `key` is the field that tells rows apart."""
    grid = ui.aggrid(
        {
            "columnDefs": list(columns),
            "defaultColDef": {"resizable": True, "suppressMovable": True, "suppressHeaderMenuButton": True},
            "rowModelType": "infinite",
            ":datasource": source(route, query),
            "cacheBlockSize": PAGE_ROWS,
            "maxBlocksInCache": PAGES_HELD,
            ":getRowId": f"params => String(params.data.{key})",
            "rowSelection": {"mode": "multiRow", "headerCheckbox": False, "enableClickSelection": False},
            "selectionColumnDef": {"width": 44, "suppressSizeToFit": True},
            "rowHeight": ROW_PX,
            "headerHeight": HEAD_PX,
            ":onGridReady": "flagfive.grid.ready",
            "suppressCellFocus": False,
            "animateRows": False,
            "ensureDomOrder": True,  # screen readers then hear rows in their order
        },
        auto_size_columns=False,
    )
    grid.classes("rows").props["aria-label"] = label
    return grid


def source(route: str, query: Mapping[str, Any]) -> str:
    """The source of rows, as the browser's side names it."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    address = PREFIX + route + (f"?{urlencode(given, doseq=True)}" if given else "")
    return f"flagfive.grid.source('{address}')"  # percent-encoded: the address holds no quote


def show(grid: ui.aggrid, route: str, **query: Any) -> None:
    """Show another selection of the list, from its top."""
    grid.run_grid_method("setGridOption", "datasource", {":getRows": source(route, query) + ".getRows"})
