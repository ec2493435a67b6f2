"""Shows a monitoring round in the terminal: alarms with histograms, drift of features, quality."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

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
    return Group(*_alarms(report), _drift(report), _quality(report))


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
