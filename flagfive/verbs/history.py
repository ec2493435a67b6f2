"""`flagfive history`: what was in force at any moment, who wanted it, and why."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from control.history import AppliedEntry

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive history --at 2026-11-24T14:03:07Z")
def history(
    context: typer.Context,
    entry: Annotated[
        str | None, typer.Argument(metavar="KIND/ID", help="Changes of this entry alone.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="What was in force then: ISO 8601, or a time of today, UTC, such as 14:03:07."),
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="How many of the latest changes are shown.")] = 50,
) -> None:
    """List changes of the control log, the latest at the end; or, with --at, all that was in force then.

    Read from the database that `flagfive recorder` writes; entries that do not verify are left out.
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


def _row(change: "AppliedEntry") -> list[str]:
    entry = change.entry
    said = [f"{name} {value}" for name, value in entry.values.items() if name in ("episode", "threshold")]
    what = "retired" if entry.retired else "put into force"
    return [
        str(change.offset),
        _clock(entry.time),
        entry.key.decode(),
        "; ".join([what, *said]),
        entry.author,
        entry.reason,
    ]


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def _moment(text: str) -> float:
    """Seconds since 1970 of a moment as a person writes it."""
    today = datetime.now(UTC).date().isoformat()
    for written in (text, f"{today}T{text}"):
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            continue
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    raise UserError(f"--at {text!r}: allowed are ISO 8601, or a time of today, UTC, such as 14:03:07")
