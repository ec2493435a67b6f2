"""Plots over time, in one quiet style that reads on light and dark."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from nicegui import ui

LINE, GREY = "#5c7cfa", "#8793a5"
HEIGHT = "220px"


def over_time(
    times: Sequence[float],
    series: Mapping[str, Sequence[float | None]],
    *,
    zone: tzinfo,
    label: str,
    limit: float | None = None,
    as_percent: bool = False,
) -> ui.echart:
    """Lines over times in seconds since 1970; `limit` is drawn as a dashed line."""
    stamps = [f"{datetime.fromtimestamp(one, UTC).astimezone(zone):%H:%M:%S}" for one in times]
    chart = ui.echart(
        {
            "animation": False,
            "grid": {"left": 8, "right": 12, "top": 16, "bottom": 8, "containLabel": True},
            "textStyle": {"color": GREY},
            "tooltip": {"trigger": "axis", "confine": True},
            "xAxis": {"type": "category", "data": stamps, "axisLabel": {"color": GREY}, "boundaryGap": False},
            "yAxis": {"type": "value", "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.2}}}
            | ({"axisLabel": {"color": GREY, ":formatter": _PERCENT}} if as_percent else {}),
            "series": [_line(name, values, limit) for name, values in series.items()],
        }
    )
    chart.style(f"height: {HEIGHT}").props["aria-label"] = label
    chart.props["role"] = "img"
    return chart


_PERCENT = "value => (100 * value).toLocaleString('en', { maximumSignificantDigits: 3 }) + '%'"


def _line(name: str, values: Sequence[float | None], limit: float | None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "name": name,
        "type": "line",
        "data": list(values),
        "showSymbol": False,
        "lineStyle": {"width": 1.5, "color": LINE},
        "itemStyle": {"color": LINE},
        "areaStyle": {"color": LINE, "opacity": 0.08},
    }
    if limit is not None:
        mark = {"silent": True, "symbol": "none", "label": {"formatter": "budget", "color": GREY}}
        line["markLine"] = mark | {"lineStyle": {"type": "dashed", "color": GREY}, "data": [{"yAxis": limit}]}
    return line
