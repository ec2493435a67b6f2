"""Writes a self-contained page with tables, plots as SVG, and the configuration to run it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import Any

from matplotlib.axes import Axes

from replay import plots
from replay.drift import MAJOR, WATCH
from replay.measures import Interval
from replay.psd2 import BANDS, exempt_up_to
from replay.result import ReplayResult

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .6rem;border-bottom:1px solid #ccc;
text-align:right}th:first-child,td:first-child{text-align:left}small{color:#555}svg{max-width:100%;height:auto}
pre{background:#f5f5f5;padding:1rem;overflow:auto}"""
_PATTERNS_DRAWN = 12  # those with the most frauds; the JSON has all


def page(outcome: ReplayResult, found: dict[str, Any]) -> str:
    """Return the page as HTML; it loads nothing from elsewhere."""
    s, tests = outcome.survey, len(next(iter(outcome.windows.values())))
    configuration = escape(json.dumps(found["configuration"], indent=1))
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Replay</title><style>{_STYLE}</style>"
        f"<h1>Replay of {escape(found['configuration']['file'])}</h1>"
        f"<p>{s.rows:,} transactions over {s.days:.0f} days, {s.frauds:,} known frauds. Means over "
        f"{tests} test windows, in brackets the 95% interval of a bootstrap over cards (card precision: "
        "over days). Recall and precision at a rate: that share of genuine transactions is alerted. "
        "The alert rate is what a threshold set before each test came to, for a budget of "
        f"{_percent(found['budget'])} of genuine transactions."
        f"</p>{_table(outcome)}{''.join(_plots(outcome, found))}{_left_out(found['patterns'])}"
        f"<h2>Run it again</h2><pre>{configuration}</pre></html>\n"
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g}%"


def _table(outcome: ReplayResult) -> str:
    rows = {
        name.replace("_", " "): [_cell(figures[name]) for figures in outcome.contenders.values()]
        for name in next(iter(outcome.contenders.values()))
    }
    return _tabled(["measure", *outcome.contenders], rows)


def _tabled(head: list[str], rows: dict[str, list[str]]) -> str:
    """Return a table; cells are HTML, head and names of rows are plain text."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = (
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        for name, cells in rows.items()
    )
    return f"<table><tr>{top}</tr>{''.join(body)}</table>"


def _cell(figure: Interval) -> str:
    return f"{figure.value:.4f} <small>[{figure.low:.4f} {figure.high:.4f}]</small>"


def _plots(outcome: ReplayResult, found: dict[str, Any]) -> Iterator[str]:
    windows, budget = outcome.windows, _percent(found["budget"])
    yield _section("Precision against recall", partial(plots.precision_recall, windows=windows))
    yield _section("Scores of fraud and genuine", partial(plots.scores, windows=windows))
    yield _section(f"Alerts a day at a budget of {budget}", partial(plots.alerts, windows=windows))
    yield from _rates(found)
    yield from _detection(outcome, found)
    yield _drift(found["drift"])
    yield _fraud_rate(outcome)


def _rates(found: dict[str, Any]) -> Iterator[str]:
    """Yield the plot of the realised alert rate by day, where the protocol reports it."""
    if rates := found.get("rates"):
        draw = partial(plots.rates, rates=rates, budget=found["budget"])
        yield _section("Alert rate by day over the budget", draw, "<p>Grey: within 10% of the budget.</p>")


def _section(title: str, draw: Callable[[Axes], None], words: str = "") -> str:
    return f"<h2>{escape(title)}</h2>{words}{plots.svg(draw)}"


def _detection(outcome: ReplayResult, found: dict[str, Any]) -> Iterator[str]:
    """Yield sections for protocols that report detection day by day."""
    told = [pattern for pattern in found["patterns"] if "caught_a_day" in pattern]
    for pattern in sorted(told, key=lambda p: -p["frauds"])[:_PATTERNS_DRAWN]:
        draw = partial(
            plots.detection, pattern=pattern, episodes=found["episodes"], first=outcome.survey.first
        )
        yield _section(f"Detection over time: {pattern['name']}", draw, _delays(pattern))


def _delays(pattern: dict[str, Any]) -> str:
    """Return a table of what passed before the first alert, by contender."""
    rows = {
        name: [
            f"{pattern['recall'][name]:.1%}",
            *(["never", "never"] if until is None else [_passed(u) for u in until.values()]),
        ]
        for name, until in pattern["until_caught"].items()
    }
    return _tabled(["contender", "recall", "frauds that passed before the first alert", "their amount"], rows)


def _passed(figure: dict[str, float]) -> str:
    return f"{figure['value']:,.0f} <small>[{figure['low']:,.0f} {figure['high']:,.0f}]</small>"


def _drift(found: list[dict[str, Any]]) -> str:
    rows = {f["feature"]: [f"{f['psi']:.3f}", _band(f["psi"])] for f in found[: plots.MOVED_MOST]}
    words = (
        f"<p>Genuine traffic of the tests against that of the training period: the {len(rows)} features that "
        f"moved most, of {len(found)}. Below {WATCH} is stable, above {MAJOR} a major shift.</p>"
    )
    table = _tabled(["feature", "population stability index", ""], rows)
    return _section("Drift", partial(plots.drift, found=found), words + table)


def _band(psi: float) -> str:
    return "stable" if psi < WATCH else "watch" if psi <= MAJOR else "major"


def _fraud_rate(outcome: ReplayResult) -> str:
    rates = {name: figures["fraud_rate_by_value"] for name, figures in outcome.contenders.items()}
    rows = {name: [_share(rate), _exempt(rate.value)] for name, rate in rates.items()}
    bands = "; ".join(f"{_percent(rate)} up to {limit} EUR" for rate, limit in reversed(BANDS))
    words = (
        "<p>What passed of all that was paid, and up to which payment that rate would be exempt from strong "
        f"customer authentication (PSD2, remote cards, by value of a quarter): {bands}.</p>"
    )
    table = _tabled(["contender", "fraud rate by value", "exempt"], rows)
    return _section("Fraud rate by value and PSD2", partial(plots.fraud_rate, rates=rates), words + table)


def _share(rate: Interval) -> str:
    return f"{rate.value:.3%} <small>[{rate.low:.3%} {rate.high:.3%}]</small>"


def _exempt(rate: float) -> str:
    limit = exempt_up_to(rate)
    return f"up to {limit} EUR" if limit else "none"


def _left_out(patterns: list[dict[str, Any]]) -> str:
    """Return the section of leave-pattern-out; patterns with days have sections of their own."""
    told = [pattern for pattern in patterns if "caught_a_day" not in pattern]
    return f"<h2>Pattern left out</h2><pre>{escape(json.dumps(told, indent=1))}</pre>" if told else ""
