"""`./run bench stream`: see `benchmarks.stream`."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.stream import growth, latency, plots, report
from benchmarks.stream.rows import OURS, ROWS, Race
from benchmarks.stream.setup import fresh_settings, one_broker, topics_of
from benchmarks.stream.task import Network
from benchmarks.stream.throughput import race_all
from benchmarks.stream.topic import Traffic, fill
from flagfive.stop_signals import interrupt_on_stop_signals
from stream.wiring import transaction_schema

PARTS = ("throughput", "latency", "growth")
QUICK_TRANSACTIONS = 100_000  # several batches per partition; a single batch leaves nothing to time


def arguments() -> argparse.Namespace:
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="./run bench stream", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write PNG plots there")
    parser.add_argument(
        "--transactions", type=int, default=1_000_000, help="in the topic (default 1,000,000)"
    )
    parser.add_argument("--few", type=int, default=60_000, help="of them for the slow peers (default 60,000)")
    parser.add_argument(
        "--repeats", type=int, default=1, help="times that all rows are run; medians are told"
    )
    parser.add_argument(
        "--rows", nargs="+", choices=names, default=names, metavar="ROW", help=", ".join(names)
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (all)")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="of each latency measurement (default 20)"
    )
    parser.add_argument(
        "--rates",
        type=int,
        nargs="+",
        default=latency.RATES,
        help="transactions a second of the latency part",
    )
    parser.add_argument("--quick", action="store_true", help="flagfive's rows alone, tiny: does it all work?")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.transactions, chosen.few, chosen.rows = QUICK_TRANSACTIONS, QUICK_TRANSACTIONS, list(OURS)
        chosen.seconds = 2.0
    return chosen


def main() -> None:
    chosen, console = arguments(), Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder, interrupt_on_stop_signals():
        measured = measure(chosen, Path(folder), console)
    show(measured)
    if chosen.json:
        chosen.json.write_text(json.dumps(measured, indent=1) + "\n")
    if chosen.plots:
        plots.draw(measured, chosen.plots)
    if any(row.get("missing") for row in measured["rows"] if row["name"] in OURS):
        sys.exit("a row of flagfive failed, see above")


def measure(chosen: argparse.Namespace, folder: Path, console: Console) -> dict[str, Any]:
    """Run the selected measurements and return their figures."""
    measured: dict[str, Any] = {"machine": _machine(), "rows": [], "latency": [], "growth": {}}
    with one_broker(folder) as broker:
        if "throughput" in chosen.parts:
            with filled_topic(broker, folder, chosen) as race:
                rows = [row for row in ROWS if row.name in chosen.rows]
                measured["rows"] = race_all(race, rows, chosen.repeats, console.log)
        if "latency" in chosen.parts:
            rates = chosen.rates[:1] if chosen.quick else chosen.rates
            measured["latency"] = latency.measure(broker, folder, rates, chosen.seconds, console.log)
    if "growth" in chosen.parts:
        measured["growth"] = growth.measure(console.log, quick=chosen.quick)
    measured["machine"]["load_after"] = os.getloadavg()[0]
    return measured


@contextmanager
def filled_topic(broker: str, folder: Path, chosen: argparse.Namespace) -> Iterator[Race]:
    """Fill the topic that all rows read."""
    settings = fresh_settings(broker, folder, "exactly_once")
    weights = folder / "weights.bin"
    Network.random().save(weights)
    traffic, topic = Traffic(chosen.transactions), settings.topics.transactions
    with topics_of(settings):
        fill(settings.broker, topic, traffic, transaction_schema(settings))
        yield Race(broker, topic, traffic, min(chosen.few, traffic.count), weights, folder)


def show(measured: dict[str, Any]) -> None:
    console = Console()
    if measured["rows"]:
        report.print_rows(console, measured["rows"])
    if measured["latency"]:
        report.print_latency(console, measured["latency"])
        report.print_costs(console, measured["latency"])
    if measured["growth"]:
        report.print_growth(console, measured["growth"])
    machine = measured["machine"]
    console.print(
        f"{machine['cores']} cores; load average {machine['load_before']:.1f} before, "
        f"{machine['load_after']:.1f} after"
    )


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "load_before": os.getloadavg()[0]}


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
