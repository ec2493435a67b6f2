"""Put small errors into the code, one at a time, and count those that the tests find.

./run mutate                    every group, all mutants that are not judged yet
./run mutate gate rules         these groups
./run mutate gate --sample 40   at most 40 mutants of each module, the same ones for the same --seed
./run mutate gate --living      judge again those that lived, after a change to the tests
./run mutate gate --report      only print what is known

Work is done in a copy under var/mutation and continues where it stopped; --fresh begins anew.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from contextlib import chdir
from pathlib import Path

from tests.mutation.explained import Explained
from tests.mutation.groups import GROUPS
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.report import print_living, print_table
from tests.mutation.working_copy import KILLED, TIMED_OUT, WorkingCopy

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Judge and report; return 1 if a mutant lives that is not explained."""
    options = _options()
    known: dict[str, dict[Mutant, int | None]] = {}
    for name in options.groups or GROUPS:
        group, folder = GROUPS[name], ROOT / "var" / "mutation" / name
        if options.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        copy = WorkingCopy(ROOT, folder, group)
        copy.refresh()
        with chdir(folder):  # mutmut reads its settings in the current folder
            sample = [one for file in group.files for one in _sample(mutants_of(file), options)]
        if not options.report:
            wanted = _wanted(sample, copy.results(), living=options.living)
            while wanted:
                print(f"{name}: {len(wanted)} of {len(sample)} mutants to judge", flush=True)
                if copy.judge(wanted):
                    return 1
                # mutmut forgets all results if the group's tests have changed: then others are left now.
                wanted = _wanted(sample, copy.results(), living=False)
        results = copy.results()
        known[name] = {one: results.get(one.name) for one in sample}
    explained = Explained()
    print_living(known, explained)
    return print_table(known, explained)


def _wanted(sample: list[Mutant], results: dict[str, int], *, living: bool) -> list[str]:
    """Return the mutants without a result, or those that lived."""
    names = [one.name for one in sample]
    if living:
        return [name for name in names if results.get(name, KILLED[0]) not in (*KILLED, *TIMED_OUT)]
    return [name for name in names if name not in results]


def _sample(mutants: list[Mutant], options: argparse.Namespace) -> list[Mutant]:
    """Return some of the mutants in their order; a larger sample holds every smaller one."""
    chosen = random.Random(options.seed).sample(mutants, len(mutants))[: options.sample]
    return sorted(chosen, key=mutants.index)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "./run mutate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)} (default: all)")
    parser.add_argument("--sample", type=int, help="mutants of each module (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--living", action="store_true", help="judge again the mutants that lived")
    parser.add_argument("--report", action="store_true", help="judge nothing")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    options = parser.parse_args()
    if unknown := set(options.groups) - GROUPS.keys():
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    return options


sys.exit(main())
