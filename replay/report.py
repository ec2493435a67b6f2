"""One self-contained page: tables, plots as SVG within it, and the configuration to run it again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replay.measures import Window
from replay.outcome import Outcome

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .6rem;border-bottom:1px solid #ccc;
text-align:right}th:first-child,td:first-child{text-align:left}small{color:#555}svg{max-width:100%;height:auto}
pre{background:#f5f5f5;padding:1rem;overflow:auto}"""
_MOST_POINTS = 400
_DRAWN = 20_000  # scores of a histogram at most

Draw = Callable[[Axes, dict[str, list[Window]]], None]


def page(outcome: Outcome, found: dict[str, Any]) -> str:
    """Return the page; it loads nothing from elsewhere."""
    s, tests = outcome.survey, len(next(iter(outcome.windows.values())))
    plots = "".join(f"<h2>{title}</h2>{_svg(draw, outcome.windows)}" for title, draw in _PLOTS.items())
    configuration = escape(json.dumps(found["configuration"], indent=1))
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Replay</title><style>{_STYLE}</style>"
        f"<h1>Replay of {escape(found['configuration']['file'])}</h1>"
        f"<p>{s.rows:,} transactions over {s.days:.0f} days, {s.frauds:,} known frauds. Means over "
        f"{tests} test windows, in brackets the 95% interval of a bootstrap over cards (card precision: "
        "over days). Recall and precision at a rate: that share of genuine transactions is alerted. "
        "The alert rate is what a threshold set before each test came to, for a budget of 0.1%."
        f"</p>{_table(outcome)}{_patterns(found['patterns'])}{plots}"
        f"<h2>Run it again</h2><pre>{configuration}</pre></html>\n"
    )


def _table(outcome: Outcome) -> str:
    measures = list(next(iter(outcome.contenders.values())))
    head = "".join(f"<th>{escape(name)}</th>" for name in outcome.contenders)
    rows = []
    for name in measures:
        cells = [figures[name] for figures in outcome.contenders.values()]
        texts = [f"<td>{c.value:.4f} <small>[{c.low:.4f} {c.high:.4f}]</small></td>" for c in cells]
        rows.append(f"<tr><td>{name.replace('_', ' ')}</td>{''.join(texts)}</tr>")
    return f"<table><tr><th>measure</th>{head}</tr>{''.join(rows)}</table>"


def _patterns(patterns: list[dict[str, Any]]) -> str:
    if not patterns:
        return ""
    return f"<h2>Patterns left out</h2><pre>{escape(json.dumps(patterns, indent=1))}</pre>"


def _svg(draw: Draw, windows: dict[str, list[Window]]) -> str:
    import matplotlib

    # A fixed salt and no date: the same figures give the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "flagfive", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 4), layout="constrained")
        draw(figure.subplots(), windows)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue().split("?>", 1)[1].split(">", 1)[1]


def _precision_recall(axes: Axes, windows: dict[str, list[Window]]) -> None:
    for name, parts in windows.items():
        score = np.concatenate([p.score for p in parts])
        fraud = np.concatenate([p.fraud for p in parts])[np.argsort(-score, kind="stable")]
        found = np.cumsum(fraud)
        at = np.unique(np.searchsorted(found, np.linspace(1, found[-1], _MOST_POINTS)))
        axes.plot(found[at] / found[-1], found[at] / (at + 1), label=name)
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    axes.legend()


def _scores(axes: Axes, windows: dict[str, list[Window]]) -> None:
    """Of the first contender, since scales differ."""
    name, parts = next(iter(windows.items()))
    score, fraud = (np.concatenate([getattr(p, n) for p in parts]) for n in ("score", "fraud"))
    for label, part in (("genuine", score[~fraud]), ("fraud", score[fraud])):
        some = part[:: max(1, len(part) // _DRAWN)]
        axes.hist(some, bins=60, density=True, alpha=0.6, label=label)
    axes.set(xlabel=f"log-odds of {name}", ylabel="density")
    axes.legend()


def _alerts(axes: Axes, windows: dict[str, list[Window]]) -> None:
    for name, parts in windows.items():
        day = np.concatenate([p.day for p in parts])
        above = np.concatenate([p.score > p.threshold for p in parts])
        days, count = np.unique(day[above], return_counts=True)
        axes.plot(days, count, marker=".", label=name)
    axes.set(xlabel="day of the file", ylabel="alerts a day", ylim=(0, None))
    axes.legend()


_PLOTS: dict[str, Draw] = {
    "Precision against recall": _precision_recall,
    "Scores of fraud and genuine": _scores,
    "Alerts a day at a budget of 0.1%": _alerts,
}
