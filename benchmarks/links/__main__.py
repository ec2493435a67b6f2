"""`./run bench links [--json FILE]`: cost, memory and error of counting different partners in 7 days."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from features.columns import Columns
from features.offline import columns_from
from features.profiles import Profiles
from features.windows import DAY_S

START_S = 1.7e9
BATCH, TIMED = 512, 200_000  # transactions of a batch, and in all
ENTITIES = 2_000
PARTNERS = (4, 20, 25, 50, 100, 200, 300)
STREAMS = 200  # random streams for each number of partners


def traffic(partners: int) -> Columns:
    """Return transactions at `ENTITIES` devices within 6 days, each with cards of its own."""
    random = np.random.default_rng(partners)
    device = random.integers(0, ENTITIES, TIMED)
    card = device * 1_000 + random.integers(0, partners, TIMED)
    times = START_S + np.sort(random.uniform(0, 6 * DAY_S, TIMED))
    return columns_from(times, random.lognormal(3, 1, TIMED), (card, device))


def fold_ns(columns: Columns) -> float:
    """Return the processor time of a transaction in one entity's profiles, the median of all batches."""
    profiles, took = Profiles(1), []
    out, links = np.empty((BATCH, profiles.feature_count), np.float32), np.empty(BATCH, np.float32)
    for first in range(0, len(columns) - BATCH + 1, BATCH):
        part = columns.take(slice(first, first + BATCH))
        began = time.thread_time()
        profiles.publish(profiles.stage(part, out, links=links))
        took.append(time.thread_time() - began)
    return float(np.median(took)) / BATCH * 1e9


def errors(partners: int) -> tuple[float, float]:
    """Return mean and standard error of the count, as parts of `partners`, over random streams."""
    random = np.random.default_rng(partners)
    met = np.concatenate([random.permutation(np.arange(partners)) + 1_000 * k for k in range(STREAMS)])
    device = np.repeat(np.arange(STREAMS), partners)
    last = np.arange(STREAMS)
    times = np.concatenate([np.full(len(met), START_S), np.full(STREAMS, START_S + 1.0)])
    columns = columns_from(
        times, np.ones(len(times)), (np.concatenate([met, last]), np.concatenate([device, last]))
    )
    profiles, links = Profiles(1), np.empty(len(times), np.float32)
    profiles.publish(
        profiles.stage(columns, np.empty((len(times), profiles.feature_count), np.float32), links=links)
    )
    off = links[-STREAMS:] / partners - 1.0
    return float(off.mean()), float(np.sqrt(np.mean(off**2)))


def memory() -> float:
    """Return bytes of memory for each of 32,768 keys, without the keys."""
    profiles, n = Profiles(0), 2 * 16_384
    columns = columns_from(np.full(n, START_S), np.ones(n), (np.arange(n), np.arange(n)))
    profiles.publish(profiles.stage(columns, np.empty((n, profiles.feature_count), np.float32)))
    return profiles.nbytes / len(profiles)


def main(arguments: list[str]) -> None:
    """Measure each number of partners."""
    parser = argparse.ArgumentParser(prog="./run bench links", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    chosen = parser.parse_args(arguments)
    fold_ns(traffic(1))  # compiles
    found = []
    print(f"{memory():.0f} bytes a key")
    print(f"{'partners':>8} {'fold ns':>8} {'mean error':>11} {'standard error':>15}")
    for partners in PARTNERS:
        cost, (mean, standard) = fold_ns(traffic(partners)), errors(partners)
        found.append({"partners": partners, "fold_ns": cost, "mean": mean, "standard": standard})
        print(f"{partners:8} {cost:8.0f} {mean:+11.1%} {standard:15.1%}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"bytes": memory(), "rows": found}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
