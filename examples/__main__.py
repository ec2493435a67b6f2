"""`./run examples [NAME ...]`: measure the other uses of the meta-learning core, plot them, write the
figures.

Every example runs once per seed, a process for each core; plots and figures.json land in var/examples.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from examples.plot import plot
from examples.runs import example_of, measured
from examples.scores import Example, Summary, summarise

NAMES = ("sine", "digits", "preference", "sensors", "pitfalls")


def main(arguments: list[str]) -> None:
    """Run the examples asked for."""
    asked = _arguments(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    found: dict[str, object] = {}
    for name, runs, cpu_seconds in measured(asked.names, asked.seeds, quick=asked.quick, jobs=asked.jobs):
        example, summary = example_of(name), summarise(runs)
        plot(example, summary, asked.out / f"{name}.png")
        _print(example, summary)
        found[name] = {
            "title": example.title,
            "means": [asdict(mean) for mean in summary.means],
            "cpu_seconds": cpu_seconds,
        }
        _write(asked, found, time.monotonic() - begun)
    print(f"{time.monotonic() - begun:.0f} s; plots and figures.json in {asked.out}")


def _write(asked: argparse.Namespace, found: dict[str, object], seconds: float) -> None:
    """Write what there is so far, so that a run that is cut off keeps it."""
    whole = {"quick": asked.quick, "seconds": seconds, "examples": found}
    (asked.out / "figures.json").write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


def _print(example: Example, summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for panel in dict.fromkeys(mean.panel for mean in summary.means):
        here = [mean for mean in summary.means if mean.panel == panel]
        places = list(dict.fromkeys(mean.at for mean in here))
        table = Table(example.x_label, *map(str, places), title=f"{example.title}: {panel}")
        for method in dict.fromkeys(mean.method for mean in here):
            told = {m.at: f"{m.mean:.3g} [{m.low:.3g} {m.high:.3g}]" for m in here if m.method == method}
            table.add_row(method, *(told.get(at, "") for at in places))
        console.print(table)
    console.print(example.tell(summary), soft_wrap=True)


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run examples", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all without")
    parser.add_argument(
        "--quick", action="store_true", help="small settings: shows that it runs, says nothing"
    )
    parser.add_argument("--seeds", type=int, default=5, help="runs of each example (default 5)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: cores)")
    parser.add_argument(
        "--out", type=Path, default=Path("var/examples"), help="folder (default var/examples)"
    )
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no example {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if asked.seeds < 1 or asked.jobs < 1:
        parser.error("--seeds and --jobs: allowed are 1 and more")
    asked.names = list(dict.fromkeys(asked.names or NAMES))
    return asked


if __name__ == "__main__":
    main(sys.argv[1:])
