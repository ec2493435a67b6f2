"""`./run bench meta [--json FILE]`: MAML's outer loop beside higher's; adapting, calibrating and scoring."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from benchmarks.meta.costs import costs
from benchmarks.meta.outer_loop import higher_step, our_step, tasks_a_second

GOALS = {
    "outer_loop_ratio": "at least 5",
    "adapt_ms": "at most 5",
    "adapt_and_calibrate_ms": "at most 50",
    "score_us_50_detectors": "at most 8",
}


def main(arguments: list[str]) -> None:
    """Measure on one thread, and print the figures beside the goals."""
    parser = argparse.ArgumentParser(prog="./run bench meta", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--rounds", type=int, default=20, help="best of so many (default 20)")
    parser.add_argument("--tasks", type=int, default=64, help="tasks of a meta-step (default 64)")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    loops = tasks_a_second({"flagfive": our_step(), "higher": higher_step()}, asked.tasks, asked.rounds)
    figures = {f"outer_loop_tasks_per_s_{name}": rate for name, rate in loops.items()}
    figures["outer_loop_ratio"] = loops["flagfive"] / loops["higher"]
    figures |= costs(asked.rounds)
    for name, figure in figures.items():
        print(f"{name:32} {figure:12,.3f}   {GOALS.get(name, '')}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
