"""`./run bench console`: time the queue and its actions with 100,000 alerts, through the API."""

import argparse
import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.console.measure import measure
from benchmarks.console.stored import fill
from storage import migrate, open_engine
from storage.entity_index import index_entities


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench console", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--alerts", type=int, default=100_000, help="stored (default 100,000)")
    parser.add_argument("--database", metavar="URL", help="an empty database (default: SQLite in a folder)")
    return parser.parse_args()


def main() -> None:
    chosen, console = arguments(), Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(chosen.database or f"sqlite:///{folder}/console.sqlite")
        migrate.upgrade(engine)
        index_entities(engine, ["card", "merchant"])
        console.log(f"storing {chosen.alerts:,} alerts")
        fill(engine, chosen.alerts)
        times = asyncio.run(measure(engine))
        engine.dispose()
    measured: dict[str, Any] = {"alerts": chosen.alerts, "load_before": os.getloadavg()[0], "ms": times}
    console.print(_table(times))
    print(json.dumps(measured, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(measured, indent=1) + "\n")


def _table(times: dict[str, dict[str, float]]) -> Table:
    table = Table("request", "median ms", "worst ms", "of the processor")
    for name, one in times.items():
        table.add_row(name, f"{one['p50']:.1f}", f"{one['max']:.1f}", f"{one['cpu']:.1f}")
    return table


if __name__ == "__main__":
    main()
