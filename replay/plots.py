"""Plots of a replay as SVG within the page; equal figures give equal bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replay.daily_rates import WITHIN
from replay.drift import MAJOR, WATCH
from replay.measures import Interval, ScoredWindow
from replay.psd2 import BANDS
from replay.survey import DAY_S

Windows = dict[str, list[ScoredWindow]]

MOVED_MOST = 10  # features that the plot of drift shows
_MOST_POINTS = 400
_DRAWN = 20_000  # scores of a histogram at most


def svg(draw: Callable[[Axes], None]) -> str:
    """Return the drawing of `draw` as an SVG element, without the head of an SVG file."""
    import matplotlib

    # A fixed salt and no date, so that equal figures give equal bytes.
    with matplotlib.rc_context({"svg.hashsalt": "flagfive", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 4), layout="constrained")
        draw(figure.subplots())
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue().split("?>", 1)[1].split(">", 1)[1]


def precision_recall(axes: Axes, windows: Windows) -> None:
    """Draw one curve for each contender, over all its test windows."""
    for name, parts in windows.items():
        score = np.concatenate([p.score for p in parts])
        fraud = np.concatenate([p.fraud for p in parts])[np.argsort(-score, kind="stable")]
        found = np.cumsum(fraud)
        at = np.unique(np.searchsorted(found, np.linspace(1, found[-1], _MOST_POINTS)))
        axes.plot(found[at] / found[-1], found[at] / (at + 1), label=name)
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    axes.legend()


def scores(axes: Axes, windows: Windows) -> None:
    """Draw the scores of fraud and genuine rows under the first contender only, since scales differ."""
    name, parts = next(iter(windows.items()))
    score, fraud = (np.concatenate([getattr(p, n) for p in parts]) for n in ("score", "fraud"))
    for label, part in (("genuine", score[~fraud]), ("fraud", score[fraud])):
        some = part[:: max(1, len(part) // _DRAWN)]
        axes.hist(some, bins=60, density=True, alpha=0.6, label=label)
    axes.set(xlabel=f"log-odds of {name}", ylabel="density")
    axes.legend()


def alerts(axes: Axes, windows: Windows) -> None:
    """Draw the alerts of each day at the threshold that was in force."""
    for name, parts in windows.items():
        day = np.concatenate([p.day for p in parts])
        above = np.concatenate([p.score > p.threshold for p in parts])
        days, count = np.unique(day[above], return_counts=True)
        axes.plot(days, count, marker=".", label=name)
    axes.set(xlabel="day of the file", ylabel="alerts a day", ylim=(0, None))
    axes.legend()


def rates(axes: Axes, rates: dict[str, list[dict[str, Any]]], budget: float) -> None:
    """Draw the realised alert rate of each day over the budget.

    Args:
        axes: Where to draw.
        rates: Days of each contender, as `replay.daily_rates.DayRate`.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
    """
    axes.axhspan(1.0 - WITHIN, 1.0 + WITHIN, color="0.9")
    first = min((day["begin"] for days in rates.values() for day in days), default=0.0)
    for name, days in rates.items():
        numbers = [(day["begin"] - first) / DAY_S for day in days]
        over = [day["false_alarms"] / (budget * day["genuine"]) for day in days]
        axes.plot(numbers, over, marker=".", label=name)
    axes.set(xlabel="day of the test", ylabel="false alarms over the budget", ylim=(0, None))
    axes.legend()


def detection(
    axes: Axes, pattern: dict[str, Any], episodes: dict[str, list[dict[str, Any]]], first: float
) -> None:
    """Draw the frauds of a pattern by day as bars, and what each contender caught as a line.

    Args:
        axes: Where to draw.
        pattern: An entry of `replay.patterns.detection`.
        episodes: Episodes of each contender; vertical lines mark the first flag and the first detector.
        first: Event time of the file's first row, seconds since 1970.
    """
    epoch = int(first // DAY_S)
    days = np.array(pattern["days"]) - epoch
    axes.bar(days, pattern["frauds_a_day"], 0.9, align="edge", color="0.85", label="frauds")
    for name, caught in pattern["caught_a_day"].items():
        [line] = axes.plot(days + 0.45, caught, marker=".", label=name)
        own = [e for e in episodes.get(name, ()) if e["pattern"] == pattern["name"]]
        for style, label, at in _marks(own):
            axes.axvline(
                at / DAY_S - epoch, color=line.get_color(), linestyle=style, label=f"{name}: {label}"
            )
    axes.set(xlabel="day of the file", ylabel="transactions a day", ylim=(0, None))
    axes.legend(fontsize="small")


def _marks(episodes: list[dict[str, Any]]) -> Iterator[tuple[str, str, float]]:
    """Yield style, name and time in seconds of the first flag and of the first detector."""
    for style, label, key in ((":", "flagged", "flagged_at"), ("--", "detector live", "live_at")):
        times = [e[key] for e in episodes if e[key] is not None]
        if times:
            yield style, label, min(times)


def drift(axes: Axes, found: list[dict[str, Any]]) -> None:
    """Draw the features that moved most, the largest on top, with the two usual limits."""
    most = found[:MOVED_MOST][::-1]
    axes.barh([f["feature"] for f in most], [f["psi"] for f in most])
    for limit, word, color in ((WATCH, "watch", "tab:orange"), (MAJOR, "major", "tab:red")):
        axes.axvline(limit, color=color, linestyle="--", label=f"{word}, from {limit}")
    axes.set(xlabel="population stability index")
    axes.legend(loc="lower right")


def fraud_rate(axes: Axes, rates: dict[str, Interval]) -> None:
    """Draw the fraud rate by value of each contender with its interval, and the reference rates of PSD2."""
    names, found = list(rates), list(rates.values())
    value = np.array([r.value for r in found])
    around = np.array([[r.value - r.low, r.high - r.value] for r in found]).T
    axes.errorbar(value, np.arange(len(names)), xerr=np.maximum(around, 0.0), fmt="o", capsize=4)
    for (rate, limit), style in zip(BANDS, (":", "-.", "--"), strict=True):
        axes.axvline(rate, color="0.4", linestyle=style, label=f"{rate:.2%}: up to {limit} EUR")
    axes.set_yticks(np.arange(len(names)), names)
    axes.set_xscale("symlog", linthresh=1e-4)  # nothing that passed is a rate of 0
    axes.set(xlabel="fraud rate by value", xlim=(0, None))
    axes.legend()
