"""`flagfive backtest`: the effect of another budget or an episode on the last days of a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flagfive.errors import UserError

if TYPE_CHECKING:
    from meta.artifacts import Artifacts
    from replay.backtest import BacktestResult, Question
    from replay.mapping import Mapping
    from replay.what_if import AlertEffect

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive backtest history.parquet --flag tx-17 --flag tx-42 --what-if 0.002")
def backtest(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, JSON lines or Parquet with labels, rows in order of time; also a folder."),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="TOML file that maps columns (see `flagfive inspect`; default: a bundled one that fits)."
        ),
    ] = None,
    days: Annotated[float, typer.Option(min=0.1, help="Days at the end of the file to score.")] = 30.0,
    budget: Annotated[
        float, typer.Option(min=1e-6, max=0.5, help="Present share of genuine traffic that may be alerted.")
    ] = 0.001,
    what_if: Annotated[
        list[float] | None,
        typer.Option(help="Another budget to compare, over 0 and under 1; may be repeated."),
    ] = None,
    flag: Annotated[
        list[str] | None, typer.Option(help="Id of a fraud to flag; repeat for one episode of several.")
    ] = None,
    adapter: Annotated[
        str, typer.Option(help="Adapter that turns the episode into a detector.")
    ] = "portfolio",
    artifacts: Annotated[
        Path | None, typer.Option(help="Folder of base and networks (default: the shipped ones).")
    ] = None,
    steer: Annotated[
        bool, typer.Option("--steer/--hold", help="Steer thresholds as live, or hold them.")
    ] = True,
    verdict_hours: Annotated[
        float, typer.Option(min=0, help="Hours until the verdict on an alert is known to the steering.")
    ] = 4.0,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal figures.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write every figure to this file.")] = None,
) -> None:
    """Score the last days of FILE with the present settings and with changed ones, and compare.

    Shows alerts a day, fraud and money caught, false alarms a day, and the alert rate of each day. Thresholds
    are steered as live, from what would be known at each moment.
    """
    from flagfive.labelled_file import open_table
    from replay.backtest import Question

    _check(what_if or [], adapter)
    table, chosen = open_table(file, mapping)
    question = Question(days, budget, what_if or (), flag or (), adapter, seed, steer, verdict_hours)
    answer = _answer(table, chosen, _load(artifacts), question)
    _show(answer, budget)
    if json is not None:
        _write(answer, file, chosen, question, json)


def _check(budgets: list[float], adapter: str) -> None:
    from meta.adapters.registry import NAMES

    if wrong := [b for b in budgets if not 0 < b < 1]:
        raise UserError(f"--what-if {wrong[0]}: a budget is over 0 and under 1")
    if adapter not in NAMES:
        raise UserError(f"--adapter {adapter}: allowed are {', '.join(NAMES)}")


def _load(folder: Path | None) -> Artifacts:
    from meta.artifacts import SHIPPED, Artifacts, NoArtifacts
    from meta.tensors import BrokenArtifact

    try:
        return Artifacts.load(folder or SHIPPED)
    except (NoArtifacts, BrokenArtifact) as error:
        raise UserError(str(error)) from None


def _answer(table: Any, mapping: Mapping, artifacts: Artifacts, question: Question) -> BacktestResult:
    from flagfive.labelled_file import report_progress
    from meta.artifacts import NoArtifacts
    from replay.backtest import backtest
    from replay.reading import RowReader

    with report_progress() as progress:
        try:
            return backtest(RowReader(table, mapping), artifacts, question, progress)
        except NoArtifacts as error:
            raise UserError(str(error)) from None


def _show(answer: BacktestResult, budget: float) -> None:
    from rich.console import Console
    from rich.table import Table

    from replay.backtest import NOW
    from replay.daily_rates import rate_words

    table = Table("", "alerts a day", "fraud caught", "money caught", "false alarms a day", "alert rate")
    now = next(iter(answer.changes.values())).now
    for name, effect in {"now": now, **{n: c.then for n, c in answer.changes.items()}}.items():
        table.add_row(name, *_cells(effect))
    Console().print(table)
    print(rate_words(answer.rates[NOW], budget))
    if answer.verdict is not None:
        reasons = "; ".join(answer.verdict.reasons)
        print(
            f"the gate keeps the episode as a draft: {reasons}" if reasons else "the episode passes the gate"
        )


def _cells(e: AlertEffect) -> list[str]:
    caught = f"{e.caught:,} of {e.frauds:,} ({e.recall:.0%})"
    money = f"{e.amount_caught:,.0f} of {e.fraud_amount:,.0f}"
    return [f"{e.alerts_a_day:,.1f}", caught, money, f"{e.false_alarms_a_day:,.1f}", f"{e.alert_rate:.3%}"]


def _write(answer: BacktestResult, file: Path, mapping: Mapping, question: Question, out: Path) -> None:
    import msgspec

    from replay.write_result import write_json

    found = {
        "changes": {
            name: {"now": asdict(c.now), "then": asdict(c.then), "added": len(c.added), "lost": len(c.lost)}
            for name, c in answer.changes.items()
        },
        "rates": {name: [asdict(day) for day in days] for name, days in answer.rates.items()},
        "reasons": list(answer.verdict.reasons) if answer.verdict else None,
        "rows": answer.rows,
        "configuration": {
            "file": file.name, "question": asdict(question), "mapping": msgspec.to_builtins(mapping)
        },
    }  # fmt: skip
    try:
        write_json(out, found)
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}") from None
