"""Prints the mutants that live, and one line for each module."""

from __future__ import annotations

from collections.abc import Mapping

from tests.mutation.explained import Explained
from tests.mutation.mutants import Mutant
from tests.mutation.working_copy import KILLED, TIMED_OUT

Known = Mapping[str, Mapping[Mutant, int | None]]
"""Exit status by mutant, by group; None where it was not judged."""

_HEAD = ("module", "mutants", "killed", "timed out", "live", "of them explained", "killed, %")


def print_living(known: Known, explained: Explained) -> None:
    """Print every mutant that lives, with the reason where one is written down."""
    for statuses in known.values():
        for mutant, status in statuses.items():
            if status is None or status in (*KILLED, *TIMED_OUT):
                continue
            reason = explained.reason(mutant)
            print(f"\n{mutant.file} {mutant.function}" + (f": {reason}" if reason else ""))
            print(f"  was     {mutant.was}\n  becomes {mutant.becomes}")


def print_table(known: Known, explained: Explained) -> int:
    """Print a line for each module and each group; return 1 if a mutant lives that is not explained."""
    print("\n| " + " | ".join(_HEAD) + " |\n|" + "---|" * len(_HEAD))
    open_ones = 0
    for group, statuses in known.items():
        for file in dict.fromkeys(mutant.file for mutant in statuses):
            _print_row(f"`{file}`", {m: s for m, s in statuses.items() if m.file == file}, explained)
        open_ones += _print_row(f"**{group}**", statuses, explained)
    return 1 if open_ones else 0


def _print_row(name: str, statuses: Mapping[Mutant, int | None], explained: Explained) -> int:
    judged = {mutant: status for mutant, status in statuses.items() if status is not None}
    killed = sum(status in KILLED for status in judged.values())
    late = sum(status in TIMED_OUT for status in judged.values())
    live = [mutant for mutant, status in judged.items() if status not in (*KILLED, *TIMED_OUT)]
    reasons = sum(explained.reason(mutant) is not None for mutant in live)
    share = f"{100 * (killed + late) / len(judged):.0f}" if judged else "-"
    of = f"{len(judged)} of {len(statuses)}" if len(judged) < len(statuses) else str(len(judged))
    print(f"| {name} | {of} | {killed} | {late} | {len(live)} | {reasons} | {share} |")
    return len(live) - reasons
