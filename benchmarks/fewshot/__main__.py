"""`./run bench fewshot [--json FILE]`: five held-out families, every method, K 1, 5, 10, 20, five seeds.

All settings were chosen on validation families (docs/decisions); the held-out families were measured once.
Trained artifacts are kept in var/bench/fewshot, so a second run only scores.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.fewshot.datasets import NoData, load
from benchmarks.fewshot.measure import Measure, Outcome
from benchmarks.fewshot.methods import all_methods, hardships
from benchmarks.fewshot.report import Row, plot, print_means, print_table, row, write_json
from benchmarks.fewshot.setting import Setting
from benchmarks.fewshot.train_all import HELD_OUT

FOLDER = Path("var/bench/fewshot")
SLOW = {"retrain": (5, 20)}  # boosted trees take seconds per episode


def main(arguments: list[str]) -> None:
    """Run the benchmark and print its results."""
    asked = _arguments(arguments)
    torch.set_num_threads(1)
    rows: list[Row] = []
    for name, families in HELD_OUT.items():
        try:
            data = load(name)
        except NoData as error:
            print(error, file=sys.stderr)
            continue
        for held in asked.families.get(name, families):
            setting = Setting(data, held, asked.folder)
            if not asked.no_learners and setting.artifacts.learners is None:
                setting.train_learners()
                setting = Setting(data, held, asked.folder)
            rows += _family(setting, asked)
            if asked.json:
                write_json(rows, asked.json, {"seconds": time.monotonic() - asked.begun})
    if rows:
        print_table(rows)
        print_means(rows)
        plot(rows, asked.folder / "recall.png")


def _family(setting: Setting, asked: argparse.Namespace) -> list[Row]:
    held_out = setting.data.families[setting.held - 1]
    measure, rows = Measure(setting), []
    methods = all_methods(learners=setting.artifacts.learners is not None) | hardships()
    for k in asked.k:
        found: dict[str, list[Outcome]] = {}
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            episode = setting.episode(k, seed)
            parts = measure.parts(episode)
            for name, method in methods.items():
                if k in SLOW.get(name, asked.k) and name in (asked.only or methods):
                    found.setdefault(name, []).append(method(measure, episode, parts, seed))
        base, oracle = (float(np.mean([o.recall for o in found[n]])) for n in ("base", "oracle"))
        rows += [row(setting.data.name, held_out, k, n, o, base, oracle) for n, o in found.items()]
        for r in rows[-len(found) :]:
            said = f"recall {r.recall:.3f} rate {r.alert_rate:.3%} known {r.known_recall:.3f}"
            print(f"{r.dataset} {r.held_out} K{r.k} {r.method}: {said} gap {r.gap_closed:.2f}", flush=True)
    return rows


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench fewshot", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--seeds", type=int, default=5, help="episodes per family and K (default 5)")
    parser.add_argument(
        "--first-seed", type=int, default=100, help="choices were made on 0 to 9 (default 100)"
    )
    parser.add_argument("--k", type=int, nargs="+", default=[1, 5, 10, 20], help="flags (default 1 5 10 20)")
    methods = [*all_methods(learners=True), *hardships()]
    parser.add_argument(
        "--only", nargs="+", choices=methods, metavar="METHOD", help=f"of {', '.join(methods)}"
    )
    parser.add_argument("--no-learners", action="store_true", help="leave out MAML and its kin")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where trained artifacts are kept")
    parser.add_argument("--family", nargs="+", default=[], metavar="DATASET:N", help="as in sparkov:1")
    asked = parser.parse_args(arguments)
    if asked.only:
        asked.only += ["base", "oracle"]  # the gap is measured between these two
    asked.begun = time.monotonic()
    asked.families = {}
    for text in asked.family:
        name, number = text.split(":")
        asked.families.setdefault(name, []).append(int(number))
    asked.families |= {n: [] for n in HELD_OUT if asked.families and n not in asked.families}
    return asked


if __name__ == "__main__":
    main(sys.argv[1:])
