"""`./run bench fewshot [--battery validation|reported] [--quick]`: held-out families, every method.

The battery `validation` is for choices: ten simulated patterns that no training sees in two portfolios, and
earlier windows of the public data sets. The battery `reported` is run once per release. Trained artifacts are
kept in var/bench/fewshot, so a second run only scores.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

from benchmarks.fewshot.batteries import BATTERIES
from benchmarks.fewshot.datasets import NoData
from benchmarks.fewshot.measure import Measure, Outcome
from benchmarks.fewshot.methods import BY_DEFAULT, FAST, METHODS, SLOW, missing
from benchmarks.fewshot.report import Row, plot, print_means, print_table, row, write_json
from benchmarks.fewshot.setting import FOLDER, Setting


def main(arguments: list[str]) -> None:
    """Run the benchmark and print its results."""
    asked = _arguments(arguments)
    battery, folder = BATTERIES[asked.battery], asked.folder / asked.battery
    torch.set_num_threads(1)
    print(f"battery {battery.name}: {battery.saw}", flush=True)
    rows: list[Row] = []
    for source, families in battery.chosen(asked.families):
        try:
            data = source.load()
        except NoData as error:
            print(error, file=sys.stderr)
            continue
        for held in families:
            setting = Setting(data, held, folder)
            if asked.learners and setting.artifacts.learners is None and held not in data.never_trained:
                setting.train_learners()
                setting = Setting(data, held, folder)
            rows += _family(setting, asked)
            if asked.json:
                seconds = time.monotonic() - asked.begun
                write_json(
                    rows, asked.json, {"battery": battery.name, "saw": battery.saw, "seconds": seconds}
                )
    if rows:
        print_table(rows)
        print_means(rows)
        folder.mkdir(parents=True, exist_ok=True)
        plot(rows, folder / "recall.png")


def _family(setting: Setting, asked: argparse.Namespace) -> list[Row]:
    dataset, held_out = setting.data.name, setting.data.families[setting.held - 1]
    measure, rows = Measure(setting), list[Row]()
    absent = {name: why for name in asked.only if (why := missing(name, setting))}
    for name, why in absent.items():
        print(f"{dataset}: {held_out}: {name} left out: {why}")
    for k in asked.k:
        found: dict[str, list[Outcome]] = {}
        seconds: dict[str, float] = {}
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            episode = setting.episode(k, seed)
            parts = measure.parts(episode)
            for name in asked.only:
                if name not in absent and k in SLOW.get(name, asked.k):
                    begun = time.monotonic()
                    found.setdefault(name, []).append(METHODS[name](measure, episode, parts, seed))
                    seconds[name] = seconds.get(name, 0.0) + time.monotonic() - begun
        beside = {"base": found["base"], "oracle": found.get("oracle", [])}
        made = [row(dataset, held_out, k, n, o, **beside, seconds=seconds[n]) for n, o in found.items()]
        for r in made:
            said = f"recall {r.recall:.3f}, at equal rate {r.equal_recall:.3f}, rate {r.alert_rate:.3%}"
            print(f"{dataset}: {held_out}: K {k}: {r.method}: {said}, lost {r.known_lost:.3f}", flush=True)
        rows += made
    return rows


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench fewshot", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--battery", choices=BATTERIES, default="validation", help="default: validation")
    parser.add_argument("--quick", action="store_true", help=f"K 5, 3 seeds, and only {', '.join(FAST)}")
    parser.add_argument("--seeds", type=int, help="episodes per family and K (default 5)")
    parser.add_argument(
        "--first-seed", type=int, help="default 0 for validation; 100 for reports, which no choice has used"
    )
    parser.add_argument("--k", type=int, nargs="+", help="flags (default 1 5 10 20)")
    parser.add_argument(
        "--only", nargs="+", choices=METHODS, metavar="METHOD", help=f"of {', '.join(METHODS)}"
    )
    parser.add_argument(
        "--learners", action="store_true", help="train MAML and its kin where they are missing"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where trained artifacts are kept")
    parser.add_argument("--family", nargs="+", default=[], metavar="DATASET:N", help="as in sparkov:1")
    return _completed(parser.parse_args(arguments))


def _completed(asked: argparse.Namespace) -> argparse.Namespace:
    """Fill in what was not asked for."""
    asked.begun = time.monotonic()
    asked.k = asked.k or ([5] if asked.quick else [1, 5, 10, 20])
    asked.seeds = asked.seeds or (3 if asked.quick else 5)
    if asked.first_seed is None:
        asked.first_seed = 100 if asked.battery == "reported" else 0
    asked.only = list(dict.fromkeys(["base", *(asked.only or (FAST if asked.quick else BY_DEFAULT))]))
    asked.families = {}
    for text in asked.family:
        name, number = text.split(":")
        asked.families.setdefault(name, []).append(int(number))
    return asked


if __name__ == "__main__":
    main(sys.argv[1:])
