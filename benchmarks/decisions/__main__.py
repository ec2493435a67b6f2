"""`./run bench decisions`: see `benchmarks.decisions`."""

import argparse
import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.decisions.costs import costs_of
from benchmarks.decisions.kills import kills
from benchmarks.decisions.measure import at_rate, warm_up
from benchmarks.decisions.pairs import pairs
from benchmarks.decisions.system import running
from benchmarks.stream.latency import steady, told
from benchmarks.stream.setup import fresh_settings, one_broker, topics_of
from flagfive.stop_signals import interrupt_on_stop_signals

PAIRS_DEADLINE_MS = 10_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench decisions", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--rates", type=int, nargs="+", default=[1_000, 3_000], help="requests a second")
    parser.add_argument("--overload", type=int, default=6_000, help="requests a second beyond capacity")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each latency run (default 20)")
    parser.add_argument("--pairs", type=int, default=10_000, help="pairs of one card, up to 1,000,000")
    parser.add_argument("--together", type=int, default=1, help="pairs of a request, up to 1,000 (default 1)")
    parser.add_argument("--kills", type=int, default=20_000, help="payments while processes are killed")
    parser.add_argument(
        "--delivery", choices=("exactly_once", "at_least_once"), default="exactly_once", help="of the worker"
    )
    parser.add_argument("--quick", action="store_true", help="one tiny run of each: does it all work?")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rates, chosen.overload, chosen.seconds, chosen.pairs, chosen.kills = [100], 400, 3.0, 50, 300
    return chosen


def main() -> None:
    chosen, console = arguments(), Console(stderr=True)
    with tempfile.TemporaryDirectory() as name, interrupt_on_stop_signals():
        folder = Path(name)
        with one_broker(folder / "broker") as broker:
            figures = measure(chosen, broker, folder, console)
    figures["machine"] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")
    Console().print(table(figures["latency"]))
    Console().print(costs_table(figures["latency"]))
    Console().print({key: figures[key] for key in ("pairs", "kills", "machine")})


def measure(chosen: argparse.Namespace, broker: str, folder: Path, console: Console) -> dict[str, Any]:
    """Measure the floor, then the gateway at each rate, under overload, with pairs, and under kills."""
    rows, seed = [], 1
    for rate in chosen.rates:
        floor = fresh_settings(broker, folder, "at_least_once")
        with topics_of(floor):
            waited = asyncio.run(steady(floor, floor.topics.transactions, rate, chosen.seconds))
            rows.append(told("broker floor", rate, waited))
    with running(broker, folder, chosen.delivery) as system:
        first = port = system.start_gateway("gateway-0")
        warm_up(system, port)
        for rate in (*chosen.rates, chosen.overload):
            for durable in (False, True):
                seed += 1
                with costs_of(system, broker) as costs:
                    row = at_rate(system, port, rate, chosen.seconds, durable=durable, seed=seed)
                rows.append(row | {"name": "durable" if durable else "provisional"} | costs)
                console.log(rows[-1])
        if chosen.together > 1:  # large requests take longer than the default deadline
            port = system.start_gateway("gateway-pairs", deadline_ms=PAIRS_DEADLINE_MS)
        paired = pairs(system, port, chosen.pairs, min(chosen.rates), chosen.together, console.log)
        console.log(paired)
        other = system.start_gateway("gateway-1")
        killed = kills(system, (first, other), chosen.kills, min(chosen.rates))
    return {"latency": rows, "pairs": paired, "kills": killed}


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("answer", "rate/s", "p50 ms", "p99 ms", "fallback", "provisional", "statuses")
    for row in rows:
        waits = (f"{row[key]:.1f}" for key in ("p50_ms", "p99_ms"))
        shares = (f"{row[key]:.1%}" if key in row else "" for key in ("fallback_share", "provisional_share"))
        shown.add_row(row["name"], f"{row['rate']:,}", *waits, *shares, str(row.get("statuses", "")))
    return shown


def costs_table(rows: list[dict[str, Any]]) -> Table:
    """Show CPU seconds per second of each process, and the mean ms of each step in the gateway."""
    measured = [row for row in rows if "cpu" in row]
    processes = list(measured[0]["cpu"])
    steps = ("taken in", "stored", "scored", "committed")
    title = "CPU seconds per second of each process, and mean ms of each step"
    shown = Table("answer", "rate/s", *processes, *steps, title=title)
    for row in measured:
        cpu = (f"{row['cpu'][name]:.2f}" for name in processes)
        waits = (f"{row['steps'].get(name, float('nan')):.1f}" for name in steps)
        shown.add_row(row["name"], f"{row['rate']:,}", *cpu, *waits)
    return shown


if __name__ == "__main__":
    main()
