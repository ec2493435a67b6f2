"""Monitoring: alarms, alert rate, quality, drift, workers and lag."""

import math
from collections.abc import Callable

from nicegui import ui

from console.pages.address import page
from console.pages.api_client import ApiRefused
from console.pages.business_panel import business_panel
from console.pages.charts import DAYS, over_time
from console.pages.frame import frame
from console.pages.learning import learning_banner
from console.pages.parts import banner, box, cell, empty, moment, panel, table, text, tile
from console.pages.viewer import PageViewer, SignedIn
from console.pages.words import count, percent, short
from console.pages.workers_panel import workers_panel
from console.results.monitoring import (
    ChangeEvidenceSummary,
    DriftRow,
    MonitoringSummary,
    OpenAlarm,
    QualityDay,
)

LOOK_S = 5.0
# The usual limits of the population stability index: below 0.1 stable, above 0.25 major.
WATCH, MAJOR = 0.1, 0.25
QUALITY: dict[str, Callable[[QualityDay], float | None]] = {
    "recall so far": lambda day: day.recall,
    "recall, estimated": lambda day: day.estimated_recall,
    "average precision": lambda day: day.average_precision,
    "card precision": lambda day: day.card_precision,
}
WITHOUT_LABELS: dict[str, Callable[[QualityDay], float | None]] = {
    "recall (estimate)": lambda day: day.recall_without_labels,
    "precision of alerts (estimate)": lambda day: day.precision_without_labels,
}
SHOWN_FEATURES = 12


@page("/monitoring", "Monitoring")
async def monitoring(viewer: SignedIn) -> None:
    """Show detection, drift and workers; Prometheus has the same figures."""
    with frame(viewer, "Monitoring") as head:
        found = await viewer.api.get("/monitoring", MonitoringSummary)
        page = MonitoringView(viewer, found)
        if found.grafana:
            with head:
                ui.link("Grafana", found.grafana, new_tab=True)
        page.show()
        ui.timer(LOOK_S, page.look, immediate=False)


class MonitoringView:
    """The page; a part is redrawn only when its own figures change, so a plot under the pointer stays."""

    def __init__(self, viewer: PageViewer, found: MonitoringSummary) -> None:
        self._viewer = viewer
        self._found = found

    async def look(self) -> None:
        """Read the numbers again."""
        try:
            found = await self._viewer.api.get("/monitoring", MonitoringSummary)
        except ApiRefused:
            return  # the API is briefly away; the next look tries again
        before, self._found = self._found, found
        parts: dict[ui.refreshable[[], None], Callable[[MonitoringSummary], object]] = {
            self.learning: lambda m: m.learning,
            self.alarms: lambda m: m.alarms,
            self.tiles: lambda m: (m.throughput, m.alert_rate, m.budget, m.precision, m.judged, m.waiting),
            self.plots: lambda m: (m.series, m.budget, m.quality),
            self.business: lambda m: (m.business, m.quarter),
            self.drift: lambda m: m.drift,
            self.evidence: lambda m: m.evidence,
            self.workers: lambda m: (m.workers, m.partitions, m.lag_problem),
        }
        for part, shown in parts.items():
            if shown(before) != shown(found):
                part.refresh()

    def show(self) -> None:
        """Draw all parts."""
        with box("stack"):
            self.learning()
            self.alarms()
            self.tiles()
            self.plots()
            self.business()
            with box("columns"):
                with box("stack"):
                    self.evidence()
                    self.drift()
                self.workers()

    @ui.refreshable_method
    def learning(self) -> None:
        """Whether the base still learns this traffic."""
        learning_banner(self._found.learning)

    @ui.refreshable_method
    def alarms(self) -> None:
        """Open alarms of `flagfive monitor`."""
        for one in self._found.alarms:
            with banner(_alarm_words(one), "fraud"), box("muted small"):
                text("since ", tag="span")
                moment(one.since, self._viewer.zone)

    @ui.refreshable_method
    def tiles(self) -> None:
        """The key figures."""
        found = self._found
        with box("tiles"):
            tile("Transactions a second", short(found.throughput))
            tile("Alert rate", percent(found.alert_rate, 3), f"budget {percent(found.budget, 2)}")
            tile("Precision", percent(found.precision, 0), count(found.judged, "alert") + " judged")
            tile("Waiting alerts", short(found.waiting))

    @ui.refreshable_method
    def plots(self) -> None:
        """Traffic by the hour, quality by the day."""
        with box("stack"):
            _traffic(self._viewer, self._found)
            _quality(self._viewer, self._found.quality)
            _without_labels(self._viewer, self._found.quality)

    @ui.refreshable_method
    def business(self) -> None:
        """Fraud rates, money held, false positives, analysts' time and the queue."""
        business_panel(self._found.business, self._found.quarter)

    @ui.refreshable_method
    def drift(self) -> None:
        """Drift by feature, largest first."""
        _drift(self._found.drift)

    @ui.refreshable_method
    def evidence(self) -> None:
        """Evidence that traffic has changed, with its bound."""
        _evidence(self._found.evidence)

    @ui.refreshable_method
    def workers(self) -> None:
        """Workers, partitions and their lag."""
        workers_panel(self._viewer, self._found)


def _alarm_words(one: OpenAlarm) -> str:
    name = one.name.replace("_", " ")
    return f"Alarm, {name}: {', '.join(one.subjects)} at {one.worst:.3g}, allowed {one.limit:.3g}"


def _traffic(viewer: PageViewer, found: MonitoringSummary) -> None:
    series = found.series
    times = series.times
    if len(times) < 2:
        return
    with box("columns even"):
        with panel("Alert rate"):
            over_time(times, {"alert rate": series.alert_rate}, zone=viewer.zone,
                      label="Alert rate over time", limit=found.budget, as_percent=True)  # fmt: skip
        with panel("Transactions a second"):
            over_time(times, {"a second": series.throughput}, zone=viewer.zone, label="Transactions a second")


def _quality(viewer: PageViewer, days: list[QualityDay]) -> None:
    """Plot quality by day. The newest days have the fewest labels; the estimate corrects for that."""
    with panel("Quality by day"):
        if not days:
            empty("Not measured yet", "`flagfive monitor` measures each full day as labels arrive.", "rule")
            return
        lines = {words: [measure(day) for day in days] for words, measure in QUALITY.items()}
        known = {words: values for words, values in lines.items() if any(v is not None for v in values)}
        times = [day.time for day in days]
        over_time(times, known, zone=viewer.zone, label="Quality by day", as_percent=True, written=DAYS)
        text(_missing_words(days[-1]), "muted small")


def _without_labels(viewer: PageViewer, days: list[QualityDay]) -> None:
    """Plot what the scores alone suggest; nothing is drawn before there is an estimate."""
    shown = [day for day in days if day.recall_without_labels is not None]
    if not shown:
        return
    with panel("Estimated without labels"):
        lines = {words: [measure(day) for day in shown] for words, measure in WITHOUT_LABELS.items()}
        times = [day.time for day in shown]
        over_time(
            times, lines, zone=viewer.zone, label="Estimates without labels", as_percent=True, written=DAYS
        )
        text(
            "Estimates from scores, by what they meant on days whose labels are in. They do not see new "
            "patterns that score low, and no gate reads them.",
            "muted small",
        )


def _missing_words(newest: QualityDay) -> str:
    known = f"Newest day: {count(newest.frauds, 'known fraud')}"
    if newest.labels_missing is None:
        return f"{known}; the share still unreported is not known yet."
    return f"{known}; about {percent(newest.labels_missing, 0)} of fraud is still unreported."


def _evidence(found: ChangeEvidenceSummary | None) -> None:
    """Show evidence on a logarithmic scale, as whole powers of ten have a meaning and digits have none."""
    with panel("Evidence of change"):
        if found is None:
            empty("Not collected yet", "It begins once five weeks of traffic are stored.", "balance")
            return
        text(
            f"A bet that traffic has changed holds {_times(found.together)} its stake; the alarm needs "
            f"{_times(found.needed)}. Ordinary traffic ever gets there with at most the stated probability.",
            "muted small",
        )
        with table(["Subject", "#Evidence", ""], "Evidence of change by subject"):
            for row in found.rows:
                with ui.element("tr"):
                    text(row.subject, "mono", tag="td")
                    text(_times(row.value), "number", tag="td")
                    with cell():
                        state = ("changed", "fraud") if row.value >= found.needed else ("ordinary", "genuine")
                        text(state[0], f"tag {state[1]}", tag="span")


def _times(evidence: float) -> str:
    """Write evidence as a factor; beyond 10,000 as a power of ten."""
    if evidence < 10_000:
        return f"{evidence:,.0f}×" if evidence >= 100 else f"{evidence:.2g}×"
    return f"10^{math.log10(evidence):.0f}×"


def _drift(rows: list[DriftRow]) -> None:
    with panel("Drift"):
        if not rows:
            empty(
                "Not measured yet",
                "`flagfive monitor` compares each day with the week before it.",
                "timeline",
            )
            return
        with table(["Feature", "#PSI", ""], "Drift by feature"):
            for row in sorted(rows, key=lambda one: (not one.watched, -one.psi))[:SHOWN_FEATURES]:
                with ui.element("tr"):
                    text(row.feature, "mono", tag="td")
                    text(f"{row.psi:.3f}", "number", tag="td")
                    with cell():
                        _drift_word(row)


def _drift_word(row: DriftRow) -> None:
    psi = row.psi
    if not row.watched:
        text("by calendar", "tag", tag="span")
        return
    state, kind = (
        ("stable", "genuine") if psi < WATCH else ("watch", "watch") if psi <= MAJOR else ("major", "fraud")
    )
    text(state, f"tag {kind}", tag="span")
