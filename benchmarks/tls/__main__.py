"""`./run bench tls`: see `benchmarks.tls`."""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.tls.measure import Load, measure, two_listeners
from flagfive.stop_signals import interrupt_on_stop_signals


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench tls", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--transactions", type=int, default=500_000, help="for throughput (default 500,000)")
    parser.add_argument(
        "--rate", type=int, default=3_000, help="transactions a second for latency (default 3,000)"
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of each latency run (default 20)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, in turns; medians are shown")
    parser.add_argument("--quick", action="store_true", help="one tiny run of each: does it all work?")
    chosen = parser.parse_args()
    if chosen.quick:
        # Several batches a partition; a single one leaves nothing to time.
        chosen.transactions, chosen.rate, chosen.seconds, chosen.repeats = 100_000, 500, 2.0, 1
    return chosen


def main() -> None:
    chosen, console = arguments(), Console(stderr=True)
    load = Load(chosen.transactions, chosen.rate, chosen.seconds, chosen.repeats)
    with tempfile.TemporaryDirectory() as name, interrupt_on_stop_signals():
        folder = Path(name)
        with two_listeners(folder / "broker") as connections:
            rows = measure(connections, folder, load, console.log)
    machine = {"cores": os.cpu_count(), "load_after": os.getloadavg()[0]}
    if chosen.json:
        figures = {"machine": machine, "load": vars(load), "rows": rows}
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")
    Console().print(table(rows))


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("listener", "delivery", "tx/s", "tx per CPU second", "p50 ms", "p99 ms")
    for row in rows:
        rates = (f"{row[key]:,.0f}" for key in ("wall_tx_per_s", "cpu_tx_per_s"))
        waits = (f"{row[key]:.1f}" for key in ("p50_ms", "p99_ms"))
        shown.add_row(row["listener"], row["delivery"], *rates, *waits)
    return shown


if __name__ == "__main__":
    main()
