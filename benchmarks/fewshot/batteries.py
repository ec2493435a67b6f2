"""Which families are held out: one battery for choices, and one for reports.

A choice that looks at the reported windows makes the report worthless. So choices are made on `validation`:
simulated patterns that no training sees, and earlier windows of the public data sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.fewshot.datasets import Dataset, Window, load
from benchmarks.fewshot.simulated import UNSEEN, portfolio


@dataclass(frozen=True)
class Source:
    """A data set and the families of it that are held out, by number, one after the other."""

    load: Callable[[], Dataset]
    held_out: tuple[int, ...]


@dataclass(frozen=True)
class Battery:
    """Data sets by name.

    Attributes:
        name: `validation` or `reported`.
        sources: Data sets by name.
        saw: Which choice saw these data, for the report.
    """

    name: str
    sources: dict[str, Source]
    saw: str

    def chosen(self, families: dict[str, list[int]]) -> Iterator[tuple[Source, tuple[int, ...]]]:
        """Yield each data set with the families to hold out: all, or those of `families` where it has any."""
        for name, source in self.sources.items():
            if held := tuple(families.get(name, [])) if families else source.held_out:
                yield source, held


_EARLIER = {
    "handbook": ({"train": Window(30, 77), "calibrate": Window(84, 91), "evaluate": Window(91, 119)}, 7),
    "sparkov": ({"train": Window(30, 330), "calibrate": Window(337, 365), "evaluate": Window(365, 540)}, 45),
}
_PORTFOLIOS = (11, 12)  # seeds of the simulator; the shipped artifacts come from another one


def earlier(name: str) -> Dataset:
    """Return a public data set with windows that end before the reported ones begin."""
    windows, starts = _EARLIER[name]
    return replace(load(name), windows=windows, starts=starts)


VALIDATION = Battery(
    "validation",
    {
        **{f"simulated-{seed}": Source(partial(portfolio, seed), UNSEEN) for seed in _PORTFOLIOS},
        "handbook": Source(partial(earlier, "handbook"), (3, 1)),
        "sparkov": Source(partial(earlier, "sparkov"), (1, 3, 2)),
    },
    "Adapters, their constants and the limits of the gate are chosen on these families and on ADBench's "
    "tables. No training saw a held-out family.",
)
REPORTED = Battery(
    "reported",
    {
        "sparkov": Source(partial(load, "sparkov"), (1, 3, 2)),
        "handbook": Source(partial(load, "handbook"), (3, 1)),
    },
    "No training saw a held-out family. Knots and bandwidths of evidence, and the blend, were once chosen on "
    "Sparkov 1 and 3 and Handbook 3 of these windows. Nothing else is; it is run once per release.",
)
BATTERIES = {battery.name: battery for battery in (VALIDATION, REPORTED)}
