"""`./run bench episodes`: see `benchmarks.episodes`."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from benchmarks.episodes import budget, load
from benchmarks.stream.setup import one_broker
from flagfive.stop_signals import interrupt_on_stop_signals

PARTS = ("load", "budget")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench episodes", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--episodes", type=int, default=50, help="flagged under load (default 50)")
    parser.add_argument("--rate", type=float, default=3_000.0, help="payments a second (default 3,000)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (all)")
    return parser.parse_args()


def main() -> None:
    chosen, console = arguments(), Console(stderr=True)
    torch.set_num_threads(1)
    measured: dict[str, Any] = {"machine": {"cores": os.cpu_count(), "load_before": os.getloadavg()[0]}}
    if "load" in chosen.parts:
        with (
            tempfile.TemporaryDirectory() as folder,
            interrupt_on_stop_signals(),
            one_broker(Path(folder)) as broker,
        ):
            measured |= load.measure(broker, Path(folder), chosen.episodes, chosen.rate, console.log)
    if "budget" in chosen.parts:
        measured |= budget.measure()
    print(json.dumps(measured, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
