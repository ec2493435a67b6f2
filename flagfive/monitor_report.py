"""Shows a monitoring round in the terminal: alarms with histograms, drift of features, evidence, quality."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from contracts.business_view import BusinessView
from monitoring import drift
from monitoring.alarms import describe
from monitoring.findings import Finding
from monitoring.report import RoundReport

_BARS = " ▁▂▃▄▅▆▇█"
_FEATURES = 12


def render(report: RoundReport) -> Group:
    """Return one screen with alarms, drift and quality; without a base, a message."""
    if report.reference is None:
        return Group(Text("no base is in force yet, or the recorder has not stored it"))
    return Group(*_alarms(report), _drift(report), _evidence(report), _quality(report), *_business(report))


def bars(shares: Sequence[float]) -> str:
    """Draw a histogram in one line.

    Args:
        shares: share of each bin, 0 to 1.

    Returns:
        One character per bin; the fullest bin is a full block.

    Example:
        >>> bars([0.0, 0.25, 0.5])
        ' ▄█'
    """
    top = max(max(shares), 1e-9)
    return "".join(_BARS[round(share / top * (len(_BARS) - 1))] for share in shares)


def _alarms(report: RoundReport) -> Iterator[Text]:
    if not report.alarms:
        yield Text("no alarm is open", style="green")
    for finding in report.alarms.values():
        yield Text(f"{finding.alarm}: {describe(finding)}", style="red")
        yield from _histograms(finding)


def _histograms(finding: Finding) -> Iterator[Text]:
    features: dict[str, Any] = finding.details.get("features", {})
    for name, bins in features.items():
        yield Text(f"  {name:36} before |{bars(bins['before'])}|  now |{bars(bins['now'])}|")


def _drift(report: RoundReport) -> Table:
    table = _table("Features with most drift, last day against the week before", "feature", "PSI", "drift")
    if report.periods.day is None or report.periods.week_before is None or report.reference is None:
        table.add_row("not measured before three weeks of traffic are stored", "", "")
        return table
    moved = drift.feature_drift(report.periods.day, report.periods.week_before, report.reference.features)
    seen = sorted((one for one in moved if drift.is_watched(one.feature)), key=lambda one: -one.psi)
    for one in seen[:_FEATURES]:
        table.add_row(one.feature, f"{one.psi:.3f}", _in_words(one.psi))
    return table


def _evidence(report: RoundReport) -> Table:
    table = _table("Evidence of change, divided by what raises the alarm", "subject", "evidence")
    for name, value in sorted(report.evidence.items(), key=lambda one: -one[1])[:_FEATURES]:
        table.add_row(name, f"{value:.3g}")
    return table


def _business(report: RoundReport) -> Iterator[Table]:
    """Show the last month by segment and by scorer; PSD2 counts by quarters."""
    month, quarter = report.business.get(30), report.business.get(90)
    if month is None or quarter is None:
        return
    yield _segments(month, quarter)
    yield _money(month)


def _segments(month: BusinessView, quarter: BusinessView) -> Table:
    limit = f"up to EUR {quarter.psd2_limit}" if quarter.psd2_limit else "none"
    table = _table(
        f"Fraud that passed, {month.days} days with traffic of 30; PSD2 exemption: {limit}; "
        f"VAMP's fraud part: {_share(month.vamp_ratio)}, {month.vamp_level}",
        "segment", "payments", "known frauds", "by value", "by count",
    )  # fmt: skip
    for name, one in month.segments.items():
        rates = _share(one.rate_by_value), _share(one.rate_by_count)
        table.add_row(name, f"{one.payments:,.0f}", f"{one.frauds:,}", *rates)
    return table


def _money(month: BusinessView) -> Table:
    time = "unknown" if month.review_s is None else f"{month.review_s:.0f} s"
    table = _table(
        f"Alerts and money; analyst's time per alert: {time}; {month.waiting:,} wait, "
        f"the oldest for {month.oldest_s / 3_600:.1f} h",
        "found by", "alerts", "fraud held", "not judged", "false per fraud",
    )  # fmt: skip
    for name, one in {**month.scorers, "all": month.together}.items():
        ratio = one.false_positive_ratio
        shown = "" if ratio is None else f"{ratio:.2g}"
        table.add_row(name, f"{one.alerts:,}", f"{one.held:,.0f}", f"{one.unjudged_value:,.0f}", shown)
    return table


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3%}"


def _quality(report: RoundReport) -> Table:
    table = _table("Quality by labels", "measure", "value", "95% interval", "age of the day")
    for kind, row in report.quality.items():
        bounds = f"{row.low:.3f} to {row.high:.3f}" if row.low is not None else ""
        table.add_row(
            kind.replace("_", " "), f"{row.value:.3f}", bounds, f"{row.details['age_days']:.0f} days"
        )
    return table


def _in_words(psi: float) -> str:
    if psi > drift.MAJOR:
        return "[red]major[/red]"
    return "[yellow]minor[/yellow]" if psi > drift.WATCH else "stable"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column)
    return table
