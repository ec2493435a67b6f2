"""`flagfive produce`: send a file of transactions."""

import time
from pathlib import Path
from typing import Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive produce history.parquet --rate 3000")
def produce(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON lines or Parquet, rows in order of time; also a folder.")
    ],
    rate: Annotated[
        str, typer.Option(help="Transactions a second, over 0 and under 10,000,000; or max.")
    ] = "max",
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file that maps columns; see replay/mappings for examples.")
    ] = None,
) -> None:
    """Send every row of FILE to the topic of transactions, keyed by the primary entity.

    Event times are those of the file. --mapping finds the columns; without it the names in [transaction] and
    [[entities]] of flagfive.toml do, else a bundled mapping that fits. A row whose id was sent within the
    last day is not scored again (stream.repeat_hours).
    """
    import asyncio

    from flagfive.metrics_page import serve_metrics
    from flagfive.produce_file import choose_mapping
    from flagfive.produce_file import produce as produce_file
    from flagfive.progress import shown_progress
    from replay.table import TableFile, UnreadableTable
    from stream.feed.pace import Pace
    from stream.wiring import transaction_schema

    settings = settings_of(context)
    serve_metrics(settings, "feed")
    schema = transaction_schema(settings)
    try:
        table = TableFile(file)
    except UnreadableTable as error:
        raise UserError(str(error)) from None
    chosen = choose_mapping(schema, table, mapping)
    started = time.perf_counter()
    with shown_progress() as show:
        stage, total = f"producing {file.name}", table.rows() or 0
        sent = asyncio.run(
            produce_file(
                settings.broker,
                settings.topics.transactions,
                schema,
                table,
                chosen,
                Pace(_rate(rate)),
                lambda rows: show(stage, rows, total),
            )
        )
    seconds = time.perf_counter() - started
    print(f"{sent:,} transactions in {seconds:.1f} s, {sent / seconds:,.0f} a second")


def _rate(text: str) -> float | None:
    if text == "max":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 10_000_000:
        raise UserError(f"--rate {text!r}: use max, or a number over 0 and under 10,000,000")
    return rate
