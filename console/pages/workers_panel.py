"""Workers, their partitions, and the lag of each partition."""

from nicegui import ui

from console.pages.parts import banner, box, cell, empty, moment, panel, table, text
from console.pages.viewer import PageViewer
from console.pages.words import NOTHING
from console.results.monitoring import MonitoringSummary, PartitionRow, WorkerRow


def workers_panel(viewer: PageViewer, found: MonitoringSummary) -> None:
    """Show what each worker has acknowledged, and the lag of each partition."""
    workers, partitions = found.workers, found.partitions
    with panel("Workers and partitions"), box("stack"):
        if found.lag_problem:
            _away(viewer, found)
        if not workers and not partitions:
            empty("No workers yet", "A worker appears after it acknowledges a change.", "dns")
        if workers:
            _workers(viewer, workers)
        if partitions:
            _partitions(partitions)


def _away(viewer: PageViewer, found: MonitoringSummary) -> None:
    with banner(f"{found.lag_problem.capitalize()}: the current lag is unknown."):
        if found.lag_read_at is not None:
            with box("muted small"):
                text("figures below are from ", tag="span")
                moment(found.lag_read_at, viewer.zone)


def _workers(viewer: PageViewer, workers: list[WorkerRow]) -> None:
    newest = max(one.control_offset for one in workers)
    with table(["Worker", "Partitions", "#In force", "Acknowledged"], "Workers"):
        for one in workers:
            with ui.element("tr"):
                text(one.name, "mono", tag="td")
                text(", ".join(map(str, one.partitions)) or NOTHING, tag="td")
                with cell("number"):
                    text(f"offset {one.control_offset}", tag="span")
                    if one.control_offset < newest:
                        text("behind", "tag watch", tag="span").style("margin-left: 6px")
                with cell(), box("muted"):
                    moment(one.seen_at, viewer.zone)


def _partitions(partitions: list[PartitionRow]) -> None:
    with table(["Partition", "#Lag", "#Committed offset", "#End offset"], "Lag of each partition"):
        for one in partitions:
            with ui.element("tr") as line:
                line.props["data-partition"] = str(one.partition)
                text(str(one.partition), tag="td")
                for value in (one.lag, one.committed, one.end):
                    text(_number(value), "number", tag="td")


def _number(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"
