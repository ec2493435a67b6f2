"""`flagfive replay`: backtest detection on a labelled file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flagfive.errors import UserError

if TYPE_CHECKING:
    from replay.mapping import Mapping
    from replay.result import ReplayResult

app = typer.Typer(add_completion=False)

INTERRUPTED = 130  # the exit code after Ctrl-C
_SHOWN = ("auc_roc", "average_precision", "card_precision_at_100", "recall_at_0.1pct", "alert_rate")


@app.command(epilog="Example: flagfive replay history.parquet --mapping mapping.toml --json result.json")
def replay(
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
    protocol: Annotated[
        str, typer.Option(help="Protocol: prequential, live or leave-pattern-out.")
    ] = "prequential",
    train_days: Annotated[int, typer.Option(min=1, help="Days of each training period.")] = 7,
    delay_days: Annotated[int, typer.Option(min=0, help="Days until a label is known.")] = 7,
    test_days: Annotated[int, typer.Option(min=1, help="Days of each test period.")] = 7,
    folds: Annotated[int, typer.Option(min=1, help="Number of test periods, one after the other.")] = 4,
    start_day: Annotated[
        int | None,
        typer.Option(min=0, help="First training day, 0 is the first of the file (default: use its end)."),
    ] = None,
    contender: Annotated[
        list[str] | None, typer.Option(help="Contender to compare; may be repeated (default: all).")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(help="Pattern to hold out of training, as a name or a query such as 'amount > 220'."),
    ] = None,
    flags: Annotated[
        int, typer.Option(min=0, help="Number of frauds flagged as one episode; with live, a day.")
    ] = 5,
    adapter: Annotated[
        list[str] | None, typer.Option(help="Adapter that turns flags into detectors; may be repeated.")
    ] = None,
    alerts_a_day: Annotated[int, typer.Option(min=0, help="live: alerts that analysts examine a day.")] = 50,
    shift_hours: Annotated[
        float, typer.Option(min=0.25, max=168, help="live: hours between two looks at the queue.")
    ] = 24.0,
    delay_hours: Annotated[
        float | None, typer.Option(min=0, help="live: hours until a label is known; replaces --delay-days.")
    ] = None,
    budget: Annotated[
        float, typer.Option(min=1e-6, max=0.5, help="live: share of genuine traffic that may be alerted.")
    ] = 0.001,
    steer: Annotated[
        bool, typer.Option("--steer/--hold", help="live: steer thresholds as live, or hold them in a shift.")
    ] = True,
    steps: Annotated[
        int, typer.Option(min=100, help="Steps of meta-training; the base takes twice as many.")
    ] = 1_500,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal figures.")] = 0,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="prequential: processes that train (default: one a core, eight at most)."),
    ] = None,
    engine: Annotated[str, typer.Option(help="prequential: train here (local), or on spark.")] = "local",
    master: Annotated[
        str | None,
        typer.Option(help="spark: the cluster, such as local[2] (default: what spark-submit says)."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write every figure to this file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with tables and plots.")] = None,
) -> None:
    """Run the live features and scoring over FILE in event time, and report how well they detect fraud.

    Rows, time span and share of fraud come first. Each contender follows as soon as it has finished, the
    quickest first. Ctrl-C keeps what has finished: it is shown and written, and the exit code is 130.
    """
    from dataclasses import replace

    from distributed.pool import pool_on
    from flagfive.labelled_file import open_table, report_progress
    from flagfive.spark_engine import started
    from replay.prequential import Plan
    from replay.protocols import Choice, UnknownName
    from replay.protocols import protocol as chosen_protocol
    from replay.query import is_query
    from replay.reading import RowReader

    plan = Plan(train_days, delay_days, test_days, folds, start_day, seed=seed, processes=processes)
    choice = Choice(
        protocol, contender or (), adapter or (), pattern, flags, alerts_a_day, shift_hours,
        delay_hours, budget, steps, steer,
    )  # fmt: skip
    _check_folders({"--json": json, "--report": report})
    if engine == "spark" and protocol != "prequential":
        raise UserError(f"--engine spark trains contenders of --protocol prequential, not of {protocol}")
    with started(engine, master) as spark:
        start, at_once = pool_on(spark) if spark else (None, processes)
        try:
            run, configuration = chosen_protocol(replace(plan, processes=processes or at_once), choice, start)
        except UnknownName as error:
            raise UserError(str(error)) from None
        table, chosen = open_table(file, mapping)
        with report_progress() as progress:
            query = pattern if pattern is not None and is_query(pattern) else None
            outcome = run(RowReader(table, chosen, query), progress, _tell)
    _show(outcome, budget)
    _write(outcome, chosen, configuration, file, json, report)
    if outcome.details.get("interrupted"):
        print("interrupted: contenders that had not finished are left out", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)


def _tell(line: str) -> None:
    print(line, flush=True)


def _check_folders(outputs: dict[str, Path | None]) -> None:
    """Check the output folders before the run, which may take hours."""
    for option, path in outputs.items():
        if path is not None and not path.parent.is_dir():
            raise UserError(f"{option} {path}: the folder does not exist")


def _show(outcome: ReplayResult, budget: float) -> None:
    from rich.console import Console
    from rich.table import Table

    from replay.daily_rates import DayRate, rate_words
    from replay.patterns import told_of

    table = Table("contender", *(name.replace("_", " ") for name in _SHOWN))
    for name, figures in outcome.contenders.items():
        cells = [f"{i.value:.3f} [{i.low:.3f} {i.high:.3f}]" for i in (figures[m] for m in _SHOWN[:-1])]
        rate = figures["alert_rate"]
        table.add_row(name, *cells, f"{rate.value:.3%} [{rate.low:.3%} {rate.high:.3%}]")
    Console().print(table)
    for name, days in outcome.details.get("rates", {}).items():
        print(f"{name}: {rate_words([DayRate(**day) for day in days], budget)}")
    for pattern in outcome.details.get("patterns", []):
        print(f"{pattern['name']}: {', '.join(told_of(pattern))}")
    rows, seconds = outcome.survey.rows, outcome.pass_seconds
    print(f"{rows:,} rows in {seconds:.1f} s, training and comparing {outcome.train_seconds:.1f} s on top")


def _write(
    outcome: ReplayResult,
    mapping: Mapping,
    configuration: dict[str, Any],
    file: Path,
    json: Path | None,
    report: Path | None,
) -> None:
    from replay.write_result import as_json, write_json, write_whole

    found = as_json(outcome, mapping, configuration, file)
    html = None
    if report is not None and outcome.contenders:
        from replay.report import page

        html = page(outcome, found)  # before any file is written, so that an error leaves neither
    try:
        if json is not None:
            write_json(json, found)
        if report is not None and html is not None:
            write_whole(report, html)
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}") from None
