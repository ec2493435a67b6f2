"""`./run bench repeats [--json FILE]`: cost of finding transactions that come again, without a broker."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.byte_strings import ByteStrings
from features.columns import Columns
from features.offline import columns_from
from features.seen_ids import SeenIds

WINDOW_S, START_S = 86_400.0, 1.7e9
MOST = 2_000_000
BATCHES = (30, 300, 4_000)
_TIMED = 60_000  # transactions for each size of batches
_AT_ONCE = 50_000


def transactions(first: int, count: int) -> Columns:
    """Return transactions with new ids of 15 bytes, cards and merchants."""
    random, number = np.random.default_rng(first), np.arange(first, first + count)
    keys = random.integers(0, 50_000, count), random.integers(0, 2_000, count)
    columns = columns_from(np.full(count, START_S), random.random(count), keys)
    return replace(columns, id=ByteStrings.from_list([b"tx_%012d" % one for one in number]))


def measure(known: int, batch: int) -> dict[str, float]:
    """Measure batches of new ids in processor time, with `known` ids in the table.

    Returns:
        Nanoseconds for each transaction to judge and to publish, and the bytes of the table.
    """
    ids, judged, published = SeenIds(WINDOW_S, MOST), 0.0, 0.0
    for first in range(0, known, _AT_ONCE):
        ids.publish(ids.stage(transactions(first, _AT_ONCE), np.full(_AT_ONCE, START_S)))
    arrival = np.full(batch, START_S)
    made = [transactions(first, batch) for first in range(known, known + _TIMED, batch)]
    for columns in made:
        began = time.thread_time()
        staged = ids.stage(columns, arrival)
        between = time.thread_time()
        ids.publish(staged)
        judged, published = judged + between - began, published + time.thread_time() - between
    each = 1e9 / (batch * len(made))
    figures = {"judge_ns": judged * each, "publish_ns": published * each, "bytes": float(ids.nbytes)}
    return {"known": len(ids), "batch": batch, **figures}


def main(arguments: list[str]) -> None:
    """Measure a small table, and a full one where each new id displaces an old one."""
    parser = argparse.ArgumentParser(prog="./run bench repeats", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    chosen = parser.parse_args(arguments)
    found = [measure(known, batch) for known in (150_000, MOST + 100_000) for batch in BATCHES]
    print(f"{'ids known':>10} {'batch':>6} {'judge ns':>9} {'publish ns':>11} {'MB':>6}")
    for one in found:
        print(
            f"{one['known']:10,.0f} {one['batch']:6,.0f} {one['judge_ns']:9.0f} {one['publish_ns']:11.0f} "
            f"{one['bytes'] / 1e6:6.1f}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
