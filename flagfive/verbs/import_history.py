"""`flagfive import`: load labelled history, so that live scoring starts warm."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from features.schema import TransactionSchema
    from flagfive.warm.store_rows import StoreLabels, StoreRows
    from recorder.generations import Generations
    from settings import Settings

app = typer.Typer(add_completion=False)


class ImportStopped(UserError):
    """A store cannot be used."""


@app.command(epilog="Example: flagfive import payments-2025.parquet --mapping mapping.toml")
def import_history(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="CSV, JSON lines or Parquet with labels, rows in order of time; folders and patterns too.",
        ),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(help="TOML file that maps columns (see `flagfive inspect`; default: a bundled one)."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget the profiles that workers have; take those of FILE.")
    ] = False,
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Also write to the history store, if it is set.")
    ] = True,
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Also write labels of frauds to the database.")
    ] = True,
    genuine: Annotated[
        bool, typer.Option("--genuine", help="Write labels of genuine transactions too, one row each.")
    ] = False,
) -> None:
    """Load labelled history into profiles, history store and labels, so that live scoring starts warm.

    Run it while no worker runs and before the first one, with the rights of a worker. It reads each row as a
    worker would, and reports how many it refuses and why. The ids of the last stream.repeat_hours count as
    arrived now. Profiles become visible all at once at the end. After an interruption, run the same command
    again: nothing is written twice.
    """
    from flagfive.progress import shown_progress
    from flagfive.warm.history_rows import fingerprint, open_files
    from flagfive.warm.importing import import_history as run
    from flagfive.warm.places import places_of_stopped, refuse_used
    from storage.errors import StorageError
    from stream.wiring import transaction_schema

    settings = settings_of(context)
    schema = transaction_schema(settings)
    sources = open_files(files, mapping, schema)
    places = places_of_stopped(settings)
    if not replace:
        refuse_used(settings, places)
    try:
        with shown_progress() as show:
            identity, expected = fingerprint(sources, show)
            store = _store(settings, schema, identity) if history else None
            verdicts = _labels(settings, identity, genuine) if labels else None
            done = run(settings, schema, sources, places, expected, store, verdicts, show, _tell)
    except StorageError as error:
        raise ImportStopped(str(error)) from None
    first, last = (datetime.fromtimestamp(at, UTC).date() for at in (done.first, done.last))
    print(f"{done.rows:,} transactions, {first} to {last}: {done.profiles:,} profiles are in place")
    if store is not None:
        print(
            f"history store: {store.stored:,} stored, {store.repeated:,} were there, {store.outdated:,} left "
            "out as older than history.days"
        )
    elif history:
        print("history store: left out, since history.location is empty")
    if verdicts is not None:
        print(f"labels: {verdicts.written:,} new")


def _tell(line: str) -> None:
    print(line, flush=True)


def _store(settings: Settings, schema: TransactionSchema, identity: str) -> StoreRows | None:
    """Return what scores transactions and stores them; None where there is no history store."""
    import time

    from control.listing import list_entries
    from control.snapshot import Snapshot
    from features.vector import FeatureLayout
    from flagfive.history_threads import open_history
    from flagfive.keys import control_key
    from flagfive.warm.store_rows import StoreRows, stored_partition_of
    from stream.scoring.decide import ForeignBase, check_features

    if not settings.history.location:
        return None
    listing = list_entries(settings.broker, settings.topics.control, control_key(settings))
    snapshot = Snapshot().fold(listing.entries.values()).snapshot
    if snapshot.base is None or snapshot.stack is None:
        raise ImportStopped(
            "no base is in force, so transactions cannot be scored for the history store: put one in force "
            "with `flagfive promote`, or leave the store out with --no-history"
        )
    try:
        check_features(snapshot.base.model.features, FeatureLayout(schema).names)
    except ForeignBase as error:
        raise ImportStopped(str(error)) from None
    kinds, days = [entity.name for entity in settings.entities], settings.history.days
    oldest = time.time() - days * 86_400.0 if days else 0.0
    generations = _generations(settings)
    return StoreRows(
        open_history(settings), snapshot, kinds, stored_partition_of(identity), generations, oldest
    )


def _generations(settings: Settings) -> Generations:
    """Return the generation of the control log; imported rows belong to no generation of `transactions`."""
    from recorder.generations import Generations, TopicIds, TopicNames
    from storage import UnitOfWork

    ids = TopicIds(settings.broker, TopicNames(settings.topics.transactions, settings.topics.control))
    try:
        ids.look()
        with UnitOfWork(_database(settings)) as unit:
            control = Generations.of(unit, ids.names, ids.current).control
            unit.commit()
    finally:
        ids.close()
    return Generations(control=control)


def _database(settings: Settings) -> Engine:
    from flagfive.database import open_database
    from storage import migrate

    engine = open_database(settings)
    migrate.upgrade(engine)
    return engine


def _labels(settings: Settings, identity: str, genuine: bool) -> StoreLabels:
    from flagfive.warm.store_rows import StoreLabels

    return StoreLabels(_database(settings), f"import-{identity[:16]}", genuine)
