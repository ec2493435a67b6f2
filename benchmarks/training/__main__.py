"""`./run bench training FILE ...`: processor time and quality of training a base, by settings and seed.

FILE is handbook.parquet or sparkov.parquet. `--choose` takes the earlier windows, which settings are chosen
on; without it the reported windows follow, whose tests are all later. One process, one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.training.rows import WINDOWS, collect
from benchmarks.training.settings import SETTINGS
from benchmarks.training.trial import Trial, run, summary


def main(arguments: list[str]) -> None:
    """Train and score every setting with every seed on every window, and print a table for each file."""
    os.environ["OMP_NUM_THREADS"] = "1"  # read by torch and LightGBM when they are imported
    parser = argparse.ArgumentParser(prog="./run bench training", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="named as in WINDOWS")
    parser.add_argument("--choose", action="store_true", help="the windows that settings are chosen on")
    parser.add_argument(
        "--windows", type=int, default=4, help="number of windows, the first ones (default 4)"
    )
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default 3)")
    parser.add_argument("--setting", action="append", choices=list(SETTINGS), help="default: all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of each training there")
    chosen = parser.parse_args(arguments)
    found: list[Trial] = []
    for file in chosen.files:
        windows = WINDOWS[file.stem]
        firsts = (windows.choose if chosen.choose else windows.report)[: chosen.windows]
        with tempfile.TemporaryDirectory(prefix="flagfive-training-") as folder:
            folds = collect(file, firsts, Path(folder))
            for fold in folds:
                for seed in range(chosen.seeds):
                    for name in chosen.setting or SETTINGS:
                        found.append(run(file.stem, fold, name, seed))
                        print(found[-1].words(), file=sys.stderr, flush=True)
        print(summary([one for one in found if one.data == file.stem]), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps([vars(one) for one in found], indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
