"""`./run bench rules [--stored ROWS] [--live CHANGES] [--json FILE]`: cost of rules and of lists.

Microseconds of a transaction by number of rules, by action, and for segments of a decision policy, without a
broker. With `--stored`, also the blast radius over generated rows of SQLite: of a rule, by number of rules in
force that it is compared with, and of a decision policy, by number of segments. With `--live`, also the time
until a saved rule decides on every partition, with a broker and payments that flow.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.rules import actions, live, stored
from benchmarks.rules.timing import median_us
from control.list_entries import bucket_from_bytes, bucket_to_bytes
from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from rules.checking import check
from rules.evaluation import Rows, matches
from rules.lists.bucket import BUCKETS, Bucket, Listed, bucket_of
from rules.lists.table import ListTable
from rules.parsing import parse
from rules.program import Program, compile_conditions
from rules.vocabulary import Vocabulary

NAMES = FeatureLayout(TransactionSchema()).names
RULES = (0, 1, 10, 100, 1_000)
BATCHES = (10, 512)
LISTS = (1_000, 1_000_000)
_TIMED = 50  # batches of each size; the median counts


def rows_of(n: int) -> Rows:
    """Return n random transactions."""
    random = np.random.default_rng(0)
    keys = {kind: [b"%d" % k for k in random.integers(0, 9_999, n)] for kind in ("card", "merchant")}
    return Rows(
        random.random((n, len(NAMES)), np.float32),
        random.uniform(1.6e9, 1.8e9, n),
        random.lognormal(4, 2, n),
        np.zeros(n, np.int32),
        np.full(n, 5411, np.int32),
        {kind: ByteStrings.from_list(list(of_kind)) for kind, of_kind in keys.items()},
        random.uniform(0, 6, n),
        np.zeros(n),
        lambda: np.zeros((n, 1)),
        random.integers(0, 24, (n, 2)).astype(np.float32),
        random.integers(0, 3, (n, 2)).astype(np.float32),
    )


def conditions_of(rules: int, vocabulary: Vocabulary) -> list[str]:
    """Return conditions of three parts each; names are drawn, constants differ."""
    random = np.random.default_rng(1)
    names = [name for name in vocabulary.variables if name.startswith(("card.", "merchant."))]
    numbers = [name for name in names if ".known_" not in name and not name.endswith(".id")]
    return [
        f"amount > {100 + place} && {random.choice(numbers)} > {random.random():.4f} "
        f"&& {random.choice(numbers)} < {1 + random.random():.4f}"
        for place in range(rules)
    ]


def program_of(rules: int) -> Program:
    """Compile rules of three conditions each."""
    vocabulary = Vocabulary(NAMES)
    return compile_conditions([check(parse(text), vocabulary) for text in conditions_of(rules, vocabulary)])


def measure(rules: int, batch: int) -> dict[str, float]:
    """Measure batches in processor time.

    Returns:
        Microseconds for each transaction.
    """
    program, rows = program_of(rules), rows_of(batch)
    us = median_us(lambda: matches(program, rows, {}), _TIMED)
    return {"rules": rules, "batch": batch, "us": us / batch}


def listed(values: int) -> ListTable:
    """Return a list of `values` ids; one of ten of them pays."""
    raw = [b"%d" % number if number < 1_000 else b"other-%d" % number for number in range(values)]
    numbers = bucket_of(hash_strings(ByteStrings.from_list(raw)))
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(BUCKETS + 1))
    parts = [order[begin:end].tolist() for begin, end in pairwise(starts.tolist())]
    return ListTable().having(
        {at: Bucket.of_values({raw[row]: Listed() for row in part}) for at, part in enumerate(parts) if part}
    )


def measure_list(values: int, batch: int) -> dict[str, float]:
    """Measure a rule that reads a list against the same rule without it, in processor time.

    Returns:
        Microseconds for each transaction, and milliseconds to take over one changed bucket.
    """
    vocabulary = Vocabulary(NAMES, {}, {"watched": ""})
    plain, reading = (
        compile_conditions([check(parse(text), vocabulary)])
        for text in ("amount > 500", "merchant.id in lists.watched && amount > 500")
    )
    table, rows = listed(values), rows_of(batch)
    without = median_us(lambda: matches(plain, rows, {}), _TIMED)
    with_list = median_us(lambda: matches(reading, rows, {"watched": table}), _TIMED)
    number, bucket = next(iter(table.buckets.items()), (0, Bucket.of_values({b"1": Listed()})))
    changed = median_us(
        lambda: table.having({number: bucket_from_bytes(bucket_to_bytes(bucket), number)}), _TIMED
    )
    return {
        "values": values, "batch": batch, "us_without": without / batch, "us_with": with_list / batch,
        "ms_change": changed / 1e3,
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    """Measure each number of rules with each size of batches."""
    parser = argparse.ArgumentParser(prog="./run bench rules", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--stored",
        type=int,
        default=0,
        metavar="ROWS",
        help="store ROWS and measure blast radii (default none)",
    )
    parser.add_argument(
        "--live",
        type=int,
        default=0,
        metavar="CHANGES",
        help="save and roll back a live rule CHANGES times while payments flow (default none)",
    )
    parser.add_argument("--rate", type=float, default=3_000.0, help="payments a second (default 3,000)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="plot live cost by number of rules there")
    chosen = parser.parse_args(arguments)
    found = [measure(rules, batch) for batch in BATCHES for rules in RULES]
    print(f"{'batch':>6} {'rules':>6} {'us a transaction':>17}")
    for one in found:
        print(f"{one['batch']:6,.0f} {one['rules']:6,.0f} {one['us']:17.3f}")
    lists = [measure_list(values, batch) for batch in BATCHES for values in LISTS]
    print(f"{'batch':>6} {'values':>10} {'us without':>11} {'us with':>8} {'ms a change':>12}")
    for one in lists:
        print(
            f"{one['batch']:6,.0f} {one['values']:10,.0f} {one['us_without']:11.3f} {one['us_with']:8.3f} "
            f"{one['ms_change']:12.2f}"
        )
    vocabulary = Vocabulary(NAMES)
    twenty = conditions_of(actions.RULES, vocabulary)
    acts = actions.measure_all(twenty, vocabulary, rows_of(actions.BATCH), print)
    if chosen.plot:
        plot(found, chosen.plot)
    if chosen.stored:
        found += stored.measure_all(chosen.stored)
    changes = [live.measure(chosen.live, chosen.rate, log)] if chosen.live else []
    for change in changes:
        print(json.dumps(change, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps([*found, *lists, *acts, *changes], indent=1) + "\n")


def log(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def plot(found: list[dict[str, float]], file: Path) -> None:
    """Plot the live cost of a transaction by number of rules."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for batch in BATCHES:
        rows = [one for one in found if one["batch"] == batch and one["rules"]]
        axes.loglog(
            [one["rules"] for one in rows], [one["us"] for one in rows], "o-", label=f"batches of {batch}"
        )
    axes.set(xlabel="rules of three conditions", ylabel="us a transaction")
    axes.legend()
    figure.savefig(file, bbox_inches="tight")


if __name__ == "__main__":
    main(sys.argv[1:])
