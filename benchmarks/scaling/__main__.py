"""`./run bench scaling [--rows N ...]`: time and memory of `features` and `replay` as a history grows.

Each size is a history of 183 days. Cards and merchants grow in number with the rows, as at a larger bank:
a card has 350 payments, a merchant 175. Both verbs run in processes of their own, with warm kernels. A line
through the figures, fixed part and part for each row, gives what 1 and 10 billion rows would take.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.scaling.history import MAPPING, write_history

_FURTHER = (100_000_000, 1_000_000_000, 10_000_000_000)
_WARM_ROWS = 100_000
_MIB = 1024  # kB, in which Linux counts memory


@dataclass(frozen=True)
class Cost:
    """What a command takes: seconds, seconds of processor time, and MiB of its largest process."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench scaling", description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[1_000_000, 10_000_000], help="sizes, two or more"
    )
    parser.add_argument("--only", choices=list(COMMANDS), help="measure only this verb")
    parser.add_argument(
        "--folder", type=Path, help="where histories are written (default: a temporary folder)"
    )
    parser.add_argument("--json", type=Path, help="file for all figures")
    arguments = parser.parse_args()
    if len(set(arguments.rows)) < 2:
        parser.error("--rows: two different sizes or more are needed for a line")
    verbs = [arguments.only] if arguments.only else list(COMMANDS)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as place:
        figures = {verb: measure(verb, sorted(set(arguments.rows)), Path(place)) for verb in verbs}
    if arguments.json:
        found = {verb: {n: asdict(cost) for n, cost in costs.items()} for verb, costs in figures.items()}
        arguments.json.write_text(json.dumps(found, indent=1))


COMMANDS = {
    "features": ["--out", "features.parquet"],
    "replay": ["--contender", "confirmed", "--contender", "logistic"],
}
"""What is measured, with its options. Replay trains four times and tests on four weeks."""


def measure(verb: str, sizes: list[int], folder: Path) -> dict[int, Cost]:
    """Run a verb on histories of these sizes, print its figures and the line through them."""
    costs = {}
    for rows in (_WARM_ROWS, *sizes):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            write_history(Path(place) / "history.parquet", rows)
            (Path(place) / "mapping.toml").write_text(MAPPING)
            cost = _run([verb, "history.parquet", "--mapping", "mapping.toml", *COMMANDS[verb]], Path(place))
        if rows in sizes:
            costs[rows] = cost
            print(f"{verb:9} {rows:14,} rows {_words(cost)}", flush=True)
    _extrapolate(verb, costs)
    return costs


def _run(arguments: list[str], folder: Path) -> Cost:
    """Run a verb in a process of its own."""
    begun = time.monotonic()
    with (folder / "output").open("w") as output:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "flagfive", *arguments], cwd=folder, stdout=output, stderr=output
        )
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"flagfive {' '.join(arguments)} failed:\n{(folder / 'output').read_text()}")
    return Cost(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / _MIB)


def _extrapolate(verb: str, costs: dict[int, Cost]) -> None:
    """Print the line through the figures, and what it gives for larger histories."""
    rows = np.array(list(costs), float)
    lines = {
        name: np.polyfit(rows, [getattr(cost, name) for cost in costs.values()], 1)
        for name in ("wall_s", "cpu_s", "peak_mib")
    }
    (wall, wall_0), (cpu, cpu_0), (peak, peak_0) = lines.values()
    print(f"{verb:9} seconds = {wall_0:.1f} + {wall * 1e6:.2f} for each million rows")
    print(f"{verb:9} processor seconds = {cpu_0:.1f} + {cpu * 1e6:.2f} for each million rows")
    print(f"{verb:9} MiB = {peak_0:.0f} + {peak * 1e6:.1f} for each million rows")
    for further in _FURTHER:
        cost = Cost(*(slope * further + start for slope, start in lines.values()))
        print(f"{verb:9} {further:14,} rows {_words(cost)} (extrapolated)")


def _words(cost: Cost) -> str:
    return f"{cost.wall_s:12,.1f} s, {cost.cpu_s:12,.1f} s of CPU, {cost.peak_mib:12,.0f} MiB"


if __name__ == "__main__":
    main()
