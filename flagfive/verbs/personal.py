"""`flagfive personal`: answer requests of access to, and erasure of, what is stored about an entity."""

import getpass
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from settings import Settings
    from storage import UnitOfWork
    from storage.history import HistoryStore

app = typer.Typer(add_completion=False, no_args_is_help=True)

Entity = Annotated[str, typer.Argument(help="Kind of the entity, such as card.")]
Key = Annotated[str, typer.Argument(help="Its key, such as the token of the card.")]
Reason = Annotated[str, typer.Option(help="Reference of the request, kept in the audit log.")]


@app.callback(epilog="Example: flagfive personal export card tok_1234 > export.json")
def personal() -> None:
    """Answer a request of access or erasure. The audit log notes it, without the key."""


@app.command(epilog="Example: flagfive personal export card tok_1234 --reason 'request 17' > export.json")
def export(context: typer.Context, entity: Entity, key: Key, reason: Reason = "") -> None:
    """Print everything that is stored about an entity, as JSON."""
    from storage.personal_data import PersonalData

    settings = settings_of(context)
    _check(settings, entity)
    stored_long = _stored_long(settings, entity, key)
    with _unit(settings) as unit:
        found = PersonalData(unit.session, entity, key, _ids(stored_long)).export() | stored_long
        counts = {table: len(rows) for table, rows in found.items()}
        _note(unit, "personal.export", entity, key, {"reason": reason, "rows": counts})
        unit.commit()
    json.dump({"entity": entity, "key": key, **found}, sys.stdout, indent=2, ensure_ascii=False)
    print()


@app.command(epilog="Example: flagfive personal erase card tok_1234 --reason 'request 17' --yes")
def erase(
    context: typer.Context,
    entity: Entity,
    key: Key,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase everything that is stored about an entity.

    1. Take its rules out of the control log; the topic's compaction removes the earlier entries.
    2. Delete its rows, shred stored control entries with its rules, and note it in the audit log.
    3. Delete its rows of the history store, if there is one; the recorder deletes the old files within hours.

    Written rules and named lists that name the entity stay: people wrote them for a purpose. The command
    prints how to remove them.

    A stop after 1 or 2 leaves rows; run the command again. Its profile expires 120 days after its last
    transaction, and records of the topics after their retention.
    """
    from control.announce import Announcer
    from control.errors import ControlLogUnavailable
    from control.forgetting import changes_without
    from control.naming import rules_and_lists_with
    from flagfive.cluster import BrokerAway
    from flagfive.keys import control_key

    settings = settings_of(context)
    _check(settings, entity)
    if not yes:
        typer.confirm(f"Erase everything about this {entity}?", abort=True)
    log_key = control_key(settings)
    try:
        announcer = Announcer(settings.broker, settings.topics.control, log_key)
        try:
            changes = changes_without(announcer.refresh(), entity, key, author=getpass.getuser())
            if changes:
                announcer.announce(*changes)
            named = rules_and_lists_with(announcer.refresh(), entity, key)
        finally:
            announcer.close()
    except ControlLogUnavailable as error:
        raise BrokerAway(settings.broker.bootstrap, str(error)) from None
    long = _stored_long(settings, entity, key)
    deleted = _delete(settings, entity, key, reason, replaced=len(changes), stored_long=long)
    deleted["history"] = _erase_history(settings, entity, key)
    print(
        ", ".join(f"{count} of {table}" for table, count in deleted.items() if count) or "nothing was stored"
    )
    for name in named:
        print(f"still named by {name}; remove it with: {_removal(name, key)}")


def _removal(name: str, key: str) -> str:
    kind, identity = name.split("/", 1)
    return (
        f"flagfive rules remove {identity}" if kind == "rule" else f"flagfive lists remove {identity} {key}"
    )


def _delete(
    settings: "Settings",
    entity: str,
    key: str,
    reason: str,
    *,
    replaced: int,
    stored_long: dict[str, list[dict[str, object]]],
) -> dict[str, int]:
    from control.forgetting import offsets_with
    from control.rules import ALLOWED
    from flagfive.keys import control_key
    from storage.personal_data import PersonalData, shred_control_entries

    with _unit(settings) as unit:
        deleted = PersonalData(unit.session, entity, key, _ids(stored_long)).erase()
        entries = (e for e in unit.control.all() if e.kind in ALLOWED)
        offsets = offsets_with(entries, control_key(settings), entity, key)
        deleted["control_entries"] = shred_control_entries(unit.session, offsets)
        deleted["history"] = len(stored_long.get("history", []))
        details = {"reason": reason, "rows": deleted, "control_entries_replaced": replaced}
        _note(unit, "personal.erase", entity, key, details)
        unit.commit()
    return deleted


def _stored_long(settings: "Settings", entity: str, key: str) -> dict[str, list[dict[str, object]]]:
    """Return the entity's rows of the history store, without features; nothing where there is none."""
    with _history(settings) as store:
        if store is None:
            return {}
        from storage.history import HistoryReader

        return {"history": HistoryReader(store.table).rows_of_entity(entity, key)}


def _ids(stored_long: dict[str, list[dict[str, object]]]) -> list[str]:
    return [str(row["transaction_id"]) for row in stored_long.get("history", [])]


def _erase_history(settings: "Settings", entity: str, key: str) -> int:
    with _history(settings) as store:
        if store is None:
            return 0
        from storage.history import Upkeep

        return Upkeep(store).erase(entity, key)


@contextmanager
def _history(settings: "Settings") -> "Iterator[HistoryStore | None]":
    """Open the history store; None where the settings name none, or nothing was ever stored."""
    if not settings.history.location:
        yield None
        return
    from flagfive.history_threads import open_history
    from storage.errors import StorageError
    from storage.history.store import NoHistory

    try:
        try:
            store = open_history(settings, create=False)
        except NoHistory:
            yield None
            return
        yield store
    except StorageError as error:
        raise UserError(f"the history store: {error}") from None


def _note(unit: "UnitOfWork", action: str, entity: str, key: str, details: dict[str, object]) -> None:
    """Append the audit entry; its subject is a hash of the key, since the log is never erased."""
    subject = f"{entity}:{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    unit.audit.append(getpass.getuser(), action, subject=subject, time=time.time(), details=details)


def _check(settings: "Settings", entity: str) -> None:
    kinds = [one.name for one in settings.entities]
    if entity not in kinds:
        raise UserError(f"entity {entity!r}, allowed are {', '.join(kinds)}")


@contextmanager
def _unit(settings: "Settings") -> "Iterator[UnitOfWork]":
    from flagfive.database import open_database
    from storage import UnitOfWork, migrate

    engine = open_database(settings)
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine) as unit:
            yield unit
    finally:
        engine.dispose()
