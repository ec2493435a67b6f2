"""The business part of the monitoring page: fraud rates, money held, false positives, time and queue."""

from nicegui import ui

from console.pages.parts import box, empty, panel, table, text, tile
from console.pages.words import NOTHING, count, percent, short
from console.results.monitoring import BusinessSummary, ScorerMoneyRow, SegmentRow

_SPANS = ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min"))


def business_panel(month: BusinessSummary | None, quarter: BusinessSummary | None) -> None:
    """Draw the figures of a month, and of a quarter where a rule counts by quarters."""
    with panel("Fraud, money and time"):
        if month is None:
            empty("Not measured yet", "`flagfive monitor` measures it from traffic and verdicts.", "payments")
            return
        text(f"The last {month.period_days} days, {month.days} of which have traffic.", "muted small")
        with box("tiles"):
            _tiles(month, quarter)
        with box("columns even"):
            _scorers([*month.scorers, month.together])
            _segments(month.segments)


def span(seconds: float | None) -> str:
    """Format a duration: «3.2 days», «45 s».

    >>> span(45.0), span(5_400.0), span(None)
    ('45 s', '1.5 h', '–')
    """
    if seconds is None:
        return NOTHING
    for step, unit in _SPANS:
        if seconds >= step:
            return f"{seconds / step:.1f} {unit}"
    return f"{seconds:.0f} s"


def _tiles(month: BusinessSummary, quarter: BusinessSummary | None) -> None:
    absent = next((one for one in (quarter or month).segments if one.segment == "card absent"), None)
    rate = absent.rate_by_value if absent else None
    tile("Fraud by value, 90 days", percent(rate, 3), _psd2_words((quarter or month).psd2_limit))
    tile("VAMP, its fraud part", percent(month.vamp_ratio, 3), f"{month.vamp_level}; disputes unknown")
    together = month.together
    tile("Confirmed fraud held", short(together.held), f"{short(together.unjudged_value)} not judged")
    ratio = together.false_positive_ratio
    tile(
        "False alarms per fraud",
        NOTHING if ratio is None else f"{ratio:.2g}",
        f"{together.rejected} rejected",
    )
    tile("Analyst's time per alert", span(month.review_s))
    tile("Oldest waiting alert", span(month.oldest_s), f"half wait over {span(month.median_s)}")


def _psd2_words(limit: int | None) -> str:
    if limit is None:
        return "no card-absent payments"
    return f"PSD2 exempts up to EUR {limit}" if limit else "over the PSD2 rates"


def _scorers(rows: list[ScorerMoneyRow]) -> None:
    heads = ["Found by", "#Alerts", "#Fraud held", "~#Not judged", "#False per fraud"]
    with table(heads, "Alerts and money by scorer"):
        for row in rows:
            ratio = row.false_positive_ratio
            with ui.element("tr"):
                text(row.scorer, "mono", tag="td")
                text(short(row.alerts), "number", tag="td")
                text(short(row.held), "number", tag="td")
                text(short(row.unjudged_value), "number", tag="td")
                text(NOTHING if ratio is None else f"{ratio:.2g}", "number", tag="td")


def _segments(rows: list[SegmentRow]) -> None:
    heads = ["Segment", "#Payments", "#Frauds", "#Passed, by value", "#Passed, by count"]
    with table(heads, "Fraud by segment"):
        for row in rows:
            with ui.element("tr"):
                text(row.segment, tag="td")
                text(short(row.payments), "number", tag="td")
                text(count(row.frauds, "fraud"), "number", tag="td")
                text(percent(row.rate_by_value, 3), "number", tag="td")
                text(percent(row.rate_by_count, 3), "number", tag="td")
