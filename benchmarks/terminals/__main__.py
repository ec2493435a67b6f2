"""`./run bench terminals [--json FILE]`: recall and cost of blocks at compromised terminals of Handbook.

Amounts and rhythm of transactions at a compromised terminal are ordinary. Only the terminal's history
differs. Every hour, analysts judge each alert and report each missed fraud. The expected cost of blocks is
taken from the base's budget, so that the total stays near the budget.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from benchmarks.fewshot.datasets import NoData, load
from benchmarks.fewshot.setting import Setting
from benchmarks.terminals.walk import COMPROMISED, Tally, Walk
from meta.calibration import Tails

FOLDER = Path("var/bench/fewshot")
BUDGET = 0.001


def main(arguments: list[str]) -> None:
    """Run the benchmark and print its results."""
    asked = _arguments(arguments)
    torch.set_num_threads(1)
    try:
        data = load("handbook")
    except NoData as error:
        sys.exit(str(error))
    base = Setting(data, COMPROMISED, asked.folder).artifacts.base
    scores = base.score(data.rows.X)
    tails = Tails.fit(scores[data.calibrate[data.rows.family[data.calibrate] == 0]])
    walk = Walk(data, tails.surprise(scores), BUDGET)
    walk.over(data.windows["calibrate"])
    found = _figures(walk.over(data.windows["evaluate"]))
    for name, figure in found.items():
        print(f"{name:42} {figure:,.4f}")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def _figures(tally: Tally) -> dict[str, float]:
    low, high = tally.interval()
    return {
        "transactions": tally.seen,
        "recall from the 2nd after the first flag": tally.caught / tally.seen,
        "low": low,
        "high": high,
        "false alarms of the base": tally.alarms_of_base / tally.genuine,
        "false alarms of blocks": tally.alarms_of_blocks / tally.genuine,
        "false alarms in all": (tally.alarms_of_base + tally.alarms_of_blocks) / tally.genuine,
    }


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench terminals", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where trained artifacts are kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
