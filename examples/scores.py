"""Scores of one run, and their means over several seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

At = float | str


@dataclass(frozen=True)
class Score:
    """One score of one seed, with the panel of the plot, the method, and the place on the axis."""

    panel: str
    method: str
    at: At
    value: float


@dataclass(frozen=True)
class Mean:
    """A score over seeds, with the bounds of its 95% interval (Student's t; none for one seed)."""

    panel: str
    method: str
    at: At
    mean: float
    low: float
    high: float
    seeds: int


@dataclass(frozen=True)
class Summary:
    """All means of one example."""

    means: tuple[Mean, ...]

    def of(self, panel: str, method: str, at: At) -> Mean:
        """Return one mean; raises KeyError if there is no score of that name."""
        for mean in self.means:
            if (mean.panel, mean.method, mean.at) == (panel, method, at):
                return mean
        raise KeyError((panel, method, at))

    def best(self, panel: str, at: At, *, lowest: bool, among: Iterable[str] | None = None) -> Mean:
        """Return the best mean at one place of a panel, of all methods or those `among`."""
        allowed = None if among is None else set(among)
        here = [m for m in self.means if (m.panel, m.at) == (panel, at)]
        here = [m for m in here if allowed is None or m.method in allowed]
        return min(here, key=lambda m: m.mean if lowest else -m.mean)


@dataclass(frozen=True)
class Example:
    """A task beyond fraud: `measure(seed, quick)` runs it once, `tell` returns the summary as a paragraph."""

    title: str
    x_label: str
    y_label: str
    measure: Callable[[int, bool], list[Score]]
    tell: Callable[[Summary], str]
    log_panels: frozenset[str] = frozenset()


def summarise(runs: list[list[Score]]) -> Summary:
    """Return the mean over seeds of every score, in the order in which the first run gave them."""
    values: dict[tuple[str, str, At], list[float]] = {}
    for score in (score for run in runs for score in run):
        values.setdefault((score.panel, score.method, score.at), []).append(score.value)
    return Summary(tuple(_mean(*place, np.array(found)) for place, found in values.items()))


def _mean(panel: str, method: str, at: At, values: np.ndarray) -> Mean:
    mean, n = float(values.mean()), len(values)
    half = float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / n**0.5) if n > 1 else 0.0
    return Mean(panel, method, at, mean, mean - half, mean + half, n)
