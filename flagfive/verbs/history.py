"""`flagfive history`: show what was in force at any time, who changed it, and why."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from control.entry import LoggedEntry

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive history --at 2026-11-24T14:03:07Z")
def history(
    context: typer.Context,
    entry: Annotated[
        str | None, typer.Argument(metavar="KIND/ID", help="Show only changes of this entry.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="Show what was in force at this time: ISO 8601, or a UTC time of today such as 14:03:07."
        ),
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="Number of latest changes to show.")] = 50,
) -> None:
    """List the changes of the control log, the latest last; with --at, list what was in force at that time.

    Reads the database that `flagfive recorder` writes. Entries that do not verify are left out.
    """
    from rich.console import Console
    from rich.table import Table

    from control.history import changes_of, in_force_at
    from flagfive.keys import control_key
    from storage import UnitOfWork, open_engine

    settings = settings_of(context)
    key = control_key(settings)
    engine = open_engine(settings.storage.url)
    with UnitOfWork(engine, reads_only=True) as unit:
        changes = changes_of(unit.control.all(), key)
    if entry is not None:
        changes = [change for change in changes if change.entry.key.decode() == entry]
    moment = _moment(at) if at else None
    shown = in_force_at(changes, moment) if moment is not None else changes[-last:]
    title = "Changes" if moment is None else f"In force at {_clock(moment)}"
    table = Table("offset", "since" if moment else "time", "entry", "what", "by", "why", title=title)
    for change in shown:
        table.add_row(*_row(change))
    Console().print(table)


def _row(change: "LoggedEntry") -> list[str]:
    entry = change.entry
    values = [f"{name} {value}" for name, value in entry.values.items() if name in ("episode", "threshold")]
    what = "retired" if entry.retired else "put into force"
    return [
        str(change.offset),
        _clock(entry.time),
        entry.key.decode(),
        "; ".join([what, *values]),
        entry.author,
        entry.reason,
    ]


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def _moment(text: str) -> float:
    """Parse ISO 8601 or a UTC time of today into seconds since 1970."""
    today = datetime.now(UTC).date().isoformat()
    for written in (text, f"{today}T{text}"):
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            continue
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    raise UserError(f"--at {text!r}: use ISO 8601, or a UTC time of today such as 14:03:07")
