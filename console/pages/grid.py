"""Grids whose rows the browser loads from the API, one page at a time."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from console.pages.api_client import PREFIX
from console.pages.hints import HINTS

PAGE_ROWS, PAGES_HELD = 100, 20
ROW_PX, HEAD_PX = 38, 38
NARROW_PX = 900  # as in static/console.css
ROOMY_PX = 1600  # from here on, a list and the panel beside it both have room

Column = dict[str, Any]


def column(name: str, field: str, cell: str = "", **options: Any) -> Column:
    """Return a column that shows a field of the API.

    Args:
        name: heading.
        field: field of a row.
        cell: function of static/cells.js that draws the cell.
        **options: `wide=True` hides the column in a narrow window, `roomy=True` in all but a roomy one;
            `narrow` is its width where the window is not roomy; `sort=True` allows sorting by the API;
            others go to AG Grid.
    """
    made: Column = {"headerName": name, "field": field, "sortable": options.pop("sort", False)}
    if name in HINTS:
        made["headerTooltip"] = HINTS[name]
    if cell:
        made[":cellRenderer"] = f"flagfive.cells.{cell}"
    narrow = options.pop("narrow", None)
    if narrow is not None:
        made[":width"] = f"innerWidth < {ROOMY_PX} ? {narrow} : {options.pop('width')}"
    wide, roomy = options.pop("wide", False), options.pop("roomy", False)
    if wide or roomy:
        made[":hide"] = f"innerWidth < {ROOMY_PX if roomy else NARROW_PX}"
    return made | options


def rows_grid(route: str, columns: Sequence[Column], *, label: str, key: str, **query: Any) -> ui.aggrid:
    """Return a grid over a list of the API; `key` is the field that identifies a row."""
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
    """Return the JavaScript expression of a source of rows."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    address = PREFIX + route + (f"?{urlencode(given, doseq=True)}" if given else "")
    return f"flagfive.grid.source('{address}')"  # percent-encoded: the address holds no quote


def show(grid: ui.aggrid, route: str, **query: Any) -> None:
    """Show the list with other filters, from its top."""
    grid.run_grid_method("setGridOption", "datasource", {":getRows": source(route, query) + ".getRows"})
