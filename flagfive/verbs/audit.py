"""`flagfive audit`: verify the audit log, and anchor its end in another place."""

import time
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from storage.audit_log import Head, Verified

app = typer.Typer(add_completion=False, no_args_is_help=True)


class LogBroken(UserError):
    """The audit log was changed, or its tables are outdated."""


class WrongHead(UserError):
    """The value of `--known`, or a line of a file of anchors, is not a position and a hash."""

    exit_code = 2


@app.callback(epilog="Example: flagfive audit verify")
def audit() -> None:
    """Verify the audit log, and anchor its end in another place."""


@app.command(epilog="Example: flagfive audit verify --anchors /mnt/worm/flagfive-audit")
def verify(
    context: typer.Context,
    known: Annotated[
        list[str] | None,
        typer.Option(
            metavar="POSITION:HASH",
            help="End of the log as an earlier run printed it; reveals entries that were cut off since.",
        ),
    ] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(help="File that `flagfive audit anchor` wrote; the log must contain each line."),
    ] = None,
) -> None:
    """Verify the chain of hashes from the first entry, and print its end. Exit code 1 if it is broken.

    Store the printed end in another place. Only with it can a later run detect that entries were cut off or
    that the whole log was rewritten by someone who has the key.
    """
    from flagfive.database import open_database

    heads = [_head(one, "--known") for one in known or []]
    found = _verified(open_database(settings_of(context)), [*heads, *_anchored(anchors)])
    end, since = found.head, found.keyed_from
    sealed = "" if since is None else f", keyed from entry {since:,} on"
    print(f"the audit log is intact: {end.position:,} entries{sealed}, end {end}")


@app.command(epilog="Example: flagfive audit anchor /mnt/worm/flagfive-audit --every-minutes 60")
def anchor(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="File to append to, on storage that the database cannot reach.")
    ],
    every_minutes: Annotated[
        float, typer.Option(min=0, max=10_080, help="Go on, with this pause, until Ctrl-C (0: once).")
    ] = 0,
) -> None:
    """Append the end of the log to a file, after a check that it continues the last end in the file.

    A line is POSITION:HASH and the time. Keep the file where who administers the database cannot write, such
    as storage that only appends. `flagfive audit verify --anchors FILE` checks the log against every line.
    """
    from flagfive.database import open_database

    engine, stopped = open_database(settings_of(context)), Event()
    while True:
        _append(engine, file)
        if not every_minutes or stopped.wait(60 * every_minutes):
            return


def _append(engine: "Engine", file: Path) -> None:
    """Verify the entries since the last anchor, or all without one, and append the end."""
    before = _anchored(file) if file.exists() else []
    end = _verified(engine, before[-1:], after=before[-1] if before else None).head
    if before and end == before[-1]:
        print(f"unchanged: {end}", flush=True)
        return
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{end} {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\n")
    print(f"anchored: {end}", flush=True)


def _verified(engine: "Engine", known: "Sequence[Head]", after: "Head | None" = None) -> "Verified":
    from storage import UnitOfWork, migrate
    from storage.errors import AuditLogBroken, SchemaOutdated

    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=True) as unit:
            return unit.audit.verify(known=known, after=after)
    except (AuditLogBroken, SchemaOutdated) as broken:
        raise LogBroken(str(broken)) from None


def _anchored(file: Path | None) -> "list[Head]":
    if file is None:
        return []
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongHead(f"cannot read {file}: {error}") from None
    return [
        _head(line.split()[0], f"{file}, line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def _head(text: str, where: str) -> "Head":
    from storage.audit_log import Head

    try:
        return Head.read(text)
    except ValueError:
        raise WrongHead(
            f"{where} {text!r}: use POSITION:HASH, as `flagfive audit verify` prints it"
        ) from None
