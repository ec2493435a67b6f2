"""`flagfive stored`: show the history store, keep it in order, fill it from the database."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from storage.history import HistoryStore

app = typer.Typer(add_completion=False, no_args_is_help=True)


class HistoryUnusable(UserError):
    """The history store is off, missing, or cannot be reached."""


@app.callback(epilog="Example: flagfive stored status")
def stored() -> None:
    """Show and keep in order the history store: scored transactions in Parquet files.

    The section [history] of the settings says where it is. The recorder writes it, and does `upkeep` every
    hour.
    """


@app.command(epilog="Example: flagfive stored status")
def status(context: typer.Context) -> None:
    """Print rows, days, files, bytes and the last stored offset of each partition."""
    from storage.history import HistoryReader

    store = _open(context)
    files = HistoryReader(store.table).files()
    print(f"{store.table.location()}: {sum(one.rows for one in files):,} transactions")
    if files:
        first, last = (datetime.fromtimestamp(files[at].day * 86_400, UTC).date() for at in (-1, 0))
        size = sum(one.size for one in files)
        print(f"days {first} to {last}, {len(files):,} files, {size / 1e6:,.1f} MB")
    for partition, offset in sorted(store.marks().last.items()):
        print(f"partition {partition}: stored up to offset {offset:,}")


@app.command(epilog="Example: flagfive stored upkeep")
def upkeep(context: typer.Context) -> None:
    """Join small files, drop days past history.days, forget old states, delete files that nothing names.

    First it deletes from the database what is older than history.sql_hours, is in the history store, and has
    neither alert, label nor episode.

    It may run beside recorders and readers. Deleting begins six hours after a file was written, and a day
    after the table last named it.
    """
    from recorder.history_upkeep import keep_in_order
    from storage import open_engine
    from storage.errors import StorageError
    from storage.history import HistoryReader
    from storage.past.trimming import trim_sql

    store, settings = _open(context), settings_of(context)
    kept, engine = settings.history, open_engine(settings.storage.url)
    try:
        deleted, _ = trim_sql(engine, HistoryReader(store.table), kept.sql_hours, now=time.time())
        done = {"deleted_from_sql": deleted, **keep_in_order(store, kept.days)}
    except StorageError as error:
        raise HistoryUnusable(str(error)) from None
    for name, number in done.items():
        print(f"{name.replace('_', ' ')}: {number:,}")


@app.command(epilog="Example: flagfive stored export march.parquet --since 2026-03-01 --until 2026-04-01")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Parquet file to write.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of event time, UTC.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of event time, UTC, before which to end."),
    ] = None,
) -> None:
    """Write the transactions of a range of days to one Parquet file, in no particular order.

    The columns are those of the table. The file holds keys of entities, so keep it as safe as the store.
    """
    from flagfive.export_history import export_history
    from flagfive.progress import shown_progress
    from storage.errors import StorageError
    from storage.history import HistoryReader

    begin, end = (None if day is None else day.replace(tzinfo=UTC).timestamp() for day in (since, until))
    reader = HistoryReader(_open(context).table)
    try:
        with shown_progress() as show:
            rows = export_history(reader, file, begin, end, show)
    except StorageError as error:
        raise HistoryUnusable(str(error)) from None
    print(f"{file}: {rows:,} transactions")


@app.command(epilog="Example: flagfive stored migrate")
def migrate(
    context: typer.Context,
    rows: Annotated[int, typer.Option(min=1, help="Rows of a commit.")] = 200_000,
) -> None:
    """Copy the transactions of the database to the history store, each once.

    Run it before the recorder first writes the store. A run that was interrupted goes on where it stopped.
    What was stored in the order of offsets stays: a partition that the recorder has already written to is
    past its older transactions, and the command says so.
    """
    from flagfive.history_migration import HistoryAhead, migrate_to_history
    from flagfive.history_threads import open_history
    from storage import open_engine
    from storage.errors import StorageError

    settings = settings_of(context)
    _location(context)
    try:
        store = open_history(settings)
        kinds = [entity.name for entity in settings.entities]
        for copied in migrate_to_history(open_engine(settings.storage.url), store, kinds, rows):
            print(f"{copied:,} transactions", flush=True)
    except (StorageError, HistoryAhead) as error:
        raise HistoryUnusable(str(error)) from None


def _open(context: typer.Context) -> "HistoryStore":
    from flagfive.history_threads import open_history
    from storage.errors import StorageError

    _location(context)
    try:
        return open_history(settings_of(context), create=False)
    except StorageError as error:
        raise HistoryUnusable(str(error)) from None


def _location(context: typer.Context) -> str:
    location = settings_of(context).history.location
    if not location:
        raise HistoryUnusable("history.location is empty: set a folder or URL to keep a history store")
    return location
