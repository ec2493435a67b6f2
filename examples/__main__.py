"""`./run examples [NAME ...]`: measure and plot the other uses of the meta-learning core.

Every example runs once per seed, with one process per core. Plots, results.md and figures.json are written to
var/examples.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from examples.plot import plot
from examples.report import Result, show, write
from examples.runs import example_of, measured
from examples.scores import summarise

NAMES = ("sine", "digits", "preference", "sensors", "pitfalls")


def main(arguments: list[str]) -> None:
    """Run the selected examples."""
    asked = _arguments(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    results: list[Result] = []
    for name, runs, cpu_seconds in measured(asked.names, asked.seeds, quick=asked.quick, jobs=asked.jobs):
        results.append(Result(name, example_of(name), summarise(runs), cpu_seconds))
        plot(results[-1].example, results[-1].summary, asked.out / f"{name}.png")
        show(results[-1])
        write(results, asked.out, quick=asked.quick, seconds=time.monotonic() - begun)
    print(f"{time.monotonic() - begun:.0f} s; plots, results.md and figures.json in {asked.out}")


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
