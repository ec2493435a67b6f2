"""Plots over time, in one style for light and dark themes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from nicegui import ui

GREY = "#8793a5"
COLOURS = ("#5c7cfa", "#2f9e6e", "#d9822b", "#9775d6")
"""Colours of lines, in order; distinguishable on light and dark."""
HEIGHT = "220px"
HOURS, DAYS = "%-d %b, %H:%M", "%-d %b"
"""Formats of times on the axis."""


def over_time(
    times: Sequence[float],
    series: Mapping[str, Sequence[float | None]],
    *,
    zone: tzinfo,
    label: str,
    limit: float | None = None,
    as_percent: bool = False,
    written: str = HOURS,
) -> ui.echart:
    """Draw lines over time.

    Args:
        times: seconds since 1970 UTC.
        series: values of each line by its name, as many as `times`; None leaves a gap.
        zone: time zone of the axis.
        label: accessible name of the chart.
        limit: value of a dashed line.
        as_percent: whether values are shares.
        written: format of times on the axis.
    """
    stamps = [f"{datetime.fromtimestamp(one, UTC).astimezone(zone):{written}}" for one in times]
    several = len(series) > 1
    lines = [
        _line(name, values, colour, limit, filled=not several)
        for (name, values), colour in zip(series.items(), COLOURS, strict=False)
    ]
    axis = {"color": GREY, "hideOverlap": True}
    within = {"alignMinLabel": "left", "alignMaxLabel": "right"}
    chart = ui.echart(
        {
            "animation": False,
            "grid": {"left": 8, "right": 16, "top": 36 if several else 20, "bottom": 8, "containLabel": True},
            "textStyle": {"color": GREY},
            "legend": {"show": several, "type": "scroll", "top": 0, "left": 0, "icon": "roundRect",
                       "itemHeight": 3, "textStyle": {"color": GREY}},
            "tooltip": {"trigger": "axis", "confine": True}
            | ({":valueFormatter": _PERCENT} if as_percent else {}),
            "xAxis": {"type": "category", "data": stamps, "axisLabel": axis | within, "boundaryGap": False},
            "yAxis": {
                "type": "value",
                "axisLabel": axis | ({":formatter": _PERCENT} if as_percent else {}),
                "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.2}},
            },
            "series": lines,
        }
    )  # fmt: skip
    chart.style(f"height: {HEIGHT}").props["aria-label"] = label
    chart.props["role"] = "img"
    return chart


_PERCENT = (
    "value => value == null ? '–' : (100 * value).toLocaleString('en', { maximumSignificantDigits: 3 }) + '%'"
)


def _line(
    name: str, values: Sequence[float | None], colour: str, limit: float | None, *, filled: bool
) -> dict[str, Any]:
    line: dict[str, Any] = {
        "name": name,
        "type": "line",
        "data": list(values),
        "showSymbol": False,
        "lineStyle": {"width": 1.5, "color": colour},
        "itemStyle": {"color": colour},
    }
    if filled:
        line["areaStyle"] = {"color": colour, "opacity": 0.08}
    if limit is not None:
        words = {"formatter": "budget", "position": "insideEndTop", "color": GREY}
        # Without a precision of its own a limit of 0.001 is rounded to 0 and drawn there.
        mark = {"silent": True, "symbol": "none", "label": words, "precision": 9}
        line["markLine"] = mark | {"lineStyle": {"type": "dashed", "color": GREY}, "data": [{"yAxis": limit}]}
    return line
