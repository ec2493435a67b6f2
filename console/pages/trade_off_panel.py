"""The trade-off of a preview: what each share of the budget would bring and cost, and the chosen one."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from console.pages.charts import COLOURS, GREY, HEIGHT
from console.pages.parts import box, button, panel, text
from console.pages.words import percent
from console.results.preview import TradeOffCurve


def trade_off_panel(
    found: TradeOffCurve, choose: Callable[[float | None], object] | None, *, by_hand: bool
) -> None:
    """Draw the curve and the chosen point.

    Args:
        found: the curve.
        choose: takes the share that a person chooses, or None for the gate's choice; None where the viewer
            may not choose.
        by_hand: whether a person has chosen the point that is shown.
    """
    point = found.points[found.chosen]
    with panel("Trade-off"), box("stack tight"):
        text(point.words)
        doubt = f"{percent(point.confidence, 0)} certain to gain something"
        text(f"{'Chosen by you' if by_hand else 'Chosen by the gate'}, {doubt}.", "muted small")
        _chart(found)
        if choose is None:
            return
        names = {place: f"{one.share:+.1f}: {one.words}" for place, one in enumerate(found.points)}
        with box("line"):
            wanted = ui.select(names, value=found.chosen, label="Share of the budget")
            wanted.props("outlined dense").style("min-width: 320px")
            button("Try this point", lambda: choose(found.points[wanted.value].share))
            if by_hand:
                button("Leave it to the gate", lambda: choose(None))


def _chart(found: TradeOffCurve) -> None:
    chart = ui.echart(chart_of(found))
    chart.style(f"height: {HEIGHT}").props["aria-label"] = "Frauds a day by share of the budget"
    chart.props["role"] = "img"


def chart_of(found: TradeOffCurve) -> dict[str, Any]:
    """Return the plot: frauds caught and known frauds lost a day, over the share of the budget."""
    lines = {
        "Frauds caught a day": [one.caught for one in found.points],
        "Known frauds lost a day": [one.known_lost for one in found.points],
    }
    shares = [f"{one.share + 0.0:+.1f}" for one in found.points]  # + 0.0 turns -0.0 into 0.0
    mark = {
        "silent": True,
        "symbol": "none",
        "label": {"formatter": "chosen", "color": GREY},
        "lineStyle": {"type": "dashed", "color": GREY},
        "data": [{"xAxis": shares[found.chosen]}],
    }
    series = [
        {"name": name, "type": "line", "data": values, "showSymbol": False, "color": colour,
         **({"markLine": mark} if place == 0 else {})}
        for place, ((name, values), colour) in enumerate(zip(lines.items(), COLOURS, strict=False))
    ]  # fmt: skip
    return {
        "animation": False,
        "grid": {"left": 8, "right": 24, "top": 36, "bottom": 8, "containLabel": True},
        "textStyle": {"color": GREY},
        "legend": {"show": True, "top": 0, "left": 0, "icon": "roundRect", "itemHeight": 3,
                   "textStyle": {"color": GREY}},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {"type": "category", "data": shares,
                  "name": "share", "axisLabel": {"color": GREY, "hideOverlap": True}},
        "yAxis": {"type": "value", "axisLabel": {"color": GREY},
                  "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.2}}},
        "series": series,
    }  # fmt: skip
