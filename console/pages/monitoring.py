"""Monitoring: whether detection holds, whether traffic has changed, whether workers keep up."""

from typing import Any

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.charts import over_time
from console.pages.frame import frame
from console.pages.parts import box, cell, empty, moment, panel, table, text, tile
from console.pages.viewer import SignedIn, Viewer
from console.pages.words import NOTHING, count, percent, short

LOOK_S = 5.0
# Conventions: below 0.1 stable, to 0.25 watch, above it major.
WATCH, MAJOR = 0.1, 0.25
Found = dict[str, Any]


@ui.page("/monitoring", title="Monitoring · flagfive")
async def monitoring(viewer: SignedIn) -> None:
    """Detection and drift at a glance, from the numbers that Prometheus has too."""
    with frame(viewer, "Monitoring") as head:
        found = await viewer.api.get("/monitoring")
        page = MonitoringPage(viewer, found)
        if found.get("grafana"):
            with head:
                ui.link("Grafana", found["grafana"], new_tab=True)
        page.show()
        ui.timer(LOOK_S, page.look, immediate=False)


class MonitoringPage:
    """Drawn anew where the numbers have changed."""

    def __init__(self, viewer: Viewer, found: Found) -> None:
        self._viewer = viewer
        self._found = found

    async def look(self) -> None:
        """Read the numbers again."""
        try:
            found = await self._viewer.api.get("/monitoring")
        except ApiRefused:
            return  # away for a moment: the next look tells
        if found != self._found:
            self._found = found
            self.show.refresh()

    @ui.refreshable_method
    def show(self) -> None:
        """Numbers, plots, drift, workers."""
        found = self._found
        with box("stack"):
            with box("tiles"):
                tile("Transactions a second", short(found.get("throughput")))
                tile(
                    "Alert rate", percent(found.get("alert_rate"), 3), f"budget {percent(found['budget'], 2)}"
                )
                tile(
                    "Precision",
                    percent(found.get("precision"), 0),
                    count(found.get("judged"), "alert") + " judged",
                )
                tile("Waiting alerts", short(found.get("waiting")))
            _plots(self._viewer, found)
            with box("columns"):
                _drift(found.get("drift") or [])
                _workers(self._viewer, found)


def _plots(viewer: Viewer, found: Found) -> None:
    series = found.get("series") or {}
    times = series.get("times") or []
    if len(times) < 2:
        return
    with box("columns"):
        with panel("Alert rate"):
            over_time(times, {"alert rate": series["alert_rate"]}, zone=viewer.zone,
                      label="Alert rate over time", limit=found["budget"], as_percent=True)  # fmt: skip
        with panel("Transactions a second"):
            over_time(
                times, {"a second": series["throughput"]}, zone=viewer.zone, label="Transactions a second"
            )


def _drift(rows: list[Found]) -> None:
    with panel("Drift"):
        if not rows:
            empty(
                "Not measured yet",
                "`flagfive monitor` compares traffic with what the base was trained on.",
                "timeline",
            )
            return
        with table(["Feature", "#PSI", ""], "Drift by feature"):
            for row in sorted(rows, key=lambda one: -one["psi"]):
                with ui.element("tr"):
                    text(row["feature"], "mono", tag="td")
                    text(f"{row['psi']:.3f}", "number", tag="td")
                    with cell():
                        _drift_word(row["psi"])


def _drift_word(psi: float) -> None:
    state, kind = (
        ("stable", "genuine") if psi < WATCH else ("watch", "watch") if psi <= MAJOR else ("major", "fraud")
    )
    text(state, f"tag {kind}", tag="span")


def _workers(viewer: Viewer, found: Found) -> None:
    with panel("Workers and partitions"):
        workers, partitions = found.get("workers") or [], found.get("partitions") or []
        if not workers and not partitions:
            empty("No worker is known", "A worker appears when it has acknowledged a change.", "dns")
            return
        if workers:
            with table(["Worker", "Partitions", "#Offset", "Heard of"], "Workers"):
                for one in workers:
                    with ui.element("tr"):
                        text(one["name"], "mono", tag="td")
                        text(", ".join(map(str, one["partitions"])) or NOTHING, tag="td")
                        text(str(one["control_offset"]), "number", tag="td")
                        with cell(), box("muted"):
                            moment(one["seen_at"], viewer.zone)
        if partitions:
            with table(["Partition", "#Not scored yet"], "Lag"):
                for one in partitions:
                    with ui.element("tr"):
                        text(str(one["partition"]), tag="td")
                        text(f"{one['lag']:,}" if one["lag"] is not None else NOTHING, "number", tag="td")
