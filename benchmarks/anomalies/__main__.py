"""`./run bench anomalies [--quick] [--json FILE]`: 27 tables, K 1, 5 and 20, three seeds, every method.

Of a table, at most 20,000 rows are read. K anomalies of the training part are labelled, and everything else
in it is unlabelled and treated as genuine, undetected anomalies included. The tables are validation data:
adapters are chosen on them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.anomalies.methods import FAST, METHODS
from benchmarks.anomalies.report import Row, plot, print_summaries, write_json
from benchmarks.anomalies.tables import NoTables, Split, TooFewAnomalies, load, names
from benchmarks.baselines.libraries import LIBRARIES, installed
from meta.artifacts import NoArtifacts

FOLDER = Path("var/bench/anomalies")


def main(arguments: list[str]) -> None:
    """Run the benchmark and print its results."""
    asked = _arguments(arguments)
    torch.set_num_threads(1)
    try:
        known = names()
    except NoTables as error:
        print(error)
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    # One seed after the other: a run that is stopped early has whole seeds.
    for seed in asked.seeds:
        for table in [name for name in known if not asked.tables or _chosen(name, asked.tables)]:
            rows += _of_table(table, seed, asked)
            if asked.json:
                write_json(rows, asked.json)
    print_summaries(rows)
    plot(rows, asked.folder / "anomalies.png")


def _of_table(name: str, seed: int, asked: argparse.Namespace) -> list[Row]:
    table, rows = load(name), list[Row]()
    for k in asked.k:
        try:
            split = table.split(k, seed)
        except TooFewAnomalies as error:
            print(f"{name}, K {k}: left out: {error}")
            continue
        found = list(_measured(name, k, seed, split, asked.methods))
        best = max(found, key=lambda row: row.auc_pr, default=None)
        if best:
            said = f"{len(found)} methods, best {best.method} with AUC-PR {best.auc_pr:.3f}"
            print(f"seed {seed}, {name}, K {k}: {said}", flush=True)
        rows += found
    return rows


def _measured(table: str, k: int, seed: int, split: Split, methods: list[str]) -> Iterator[Row]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    for method in methods:
        begun = time.monotonic()
        scores = METHODS[method](split, seed)
        seconds = time.monotonic() - begun
        pr = float(average_precision_score(split.anomaly, scores))
        yield Row(table, k, seed, method, pr, float(roc_auc_score(split.anomaly, scores)), seconds)


def _chosen(name: str, asked: list[str]) -> bool:
    number, _, title = name.partition("_")
    return bool({name, number, title} & set(asked))


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench anomalies", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--quick", action="store_true", help="the fast methods, K 5, seed 1")
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, metavar="METHOD", help=f"of {', '.join(METHODS)}"
    )
    parser.add_argument("--tables", nargs="+", metavar="TABLE", help="by number or name, as in 44 or Wilt")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of the splits (1 2 3)")
    parser.add_argument("--k", type=int, nargs="+", default=[1, 5, 20], help="labels (default 1 5 20)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the plot is written")
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.seeds, asked.k = [1], [5]
    asked.methods = _runnable(asked.methods or list(FAST if asked.quick else METHODS))
    return asked


def _runnable(methods: list[str]) -> list[str]:
    """Return the methods whose library or artifacts are there; name each that is left out."""
    missing = {name: "its library is not installed" for name in LIBRARIES if not installed(name)}
    try:
        METHODS["flagfive"](*_rehearsal())
    except NoArtifacts as error:
        missing["flagfive"] = str(error)
    for name in methods:
        if name in missing:
            print(f"{name}: left out: {missing[name]}")
    return [name for name in methods if name not in missing]


def _rehearsal() -> tuple[Split, int]:
    """Return a split of random rows: the first call of a process compiles or loads kernels."""
    import numpy as np

    from benchmarks.anomalies.tables import Table

    X = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    return Table(X, np.arange(400) < 40).split(5, 0), 0


if __name__ == "__main__":
    main(sys.argv[1:])
