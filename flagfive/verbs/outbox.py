"""`flagfive outbox`: requests of the console that could not be sent."""

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from storage import UnitOfWork

app = typer.Typer(add_completion=False)

MessageId = Annotated[int, typer.Argument(metavar="ID", min=1, help="Id of a parked request.")]
Reason = Annotated[str, typer.Option(help="Reason, kept in the audit log.")]


@app.callback(
    invoke_without_command=True, epilog="Example: flagfive outbox retry 17"
)  # fmt: skip
def outbox(context: typer.Context) -> None:
    """Show requests of the console that could not be sent, each with its cause.

    Requests of the same episode wait behind a parked one, and no others.
    """
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    with _unit(context) as unit:
        parked = unit.outbox.parked()
    table = Table(
        "id", "episode", "bytes", "parked at (UTC)", "cause", title=f"{len(parked)} parked requests"
    )
    for message in parked:
        at = time.strftime("%F %T", time.gmtime(message.parked_at))
        size = f"{len(message.value or b''):,}"
        table.add_row(str(message.id), escape(message.lane), size, at, escape(message.cause or ""))
    Console().print(table)


@app.command(epilog="Example: flagfive outbox retry 17")
def retry(context: typer.Context, message_id: MessageId, reason: Reason = "") -> None:
    """Send a parked request again; the console does it within a second."""
    _decide(context, message_id, "retry", reason)


@app.command(epilog="Example: flagfive outbox discard 17 --reason 'flagged again in two parts'")
def discard(context: typer.Context, message_id: MessageId, reason: Reason = "") -> None:
    """Delete a parked request; later requests of the same episode go on."""
    _decide(context, message_id, "discard", reason)


def _decide(context: typer.Context, message_id: int, what: str, reason: str) -> None:
    with _unit(context, reads_only=False) as unit:
        done = unit.outbox.retry(message_id) if what == "retry" else unit.outbox.discard(message_id)
        if not done:
            raise UserError(f"no request {message_id} is parked; `flagfive outbox` shows those that are")
        details = {"reason": reason}
        unit.audit.append(
            getpass.getuser(), f"outbox.{what}", subject=str(message_id), time=time.time(), details=details
        )
        unit.commit()
    print(f"request {message_id}: {'it is sent again' if what == 'retry' else 'discarded'}")


@contextmanager
def _unit(context: typer.Context, *, reads_only: bool = True) -> "Iterator[UnitOfWork]":
    from flagfive.database import open_database
    from storage import UnitOfWork, migrate

    engine = open_database(settings_of(context))
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=reads_only) as unit:
            yield unit
    finally:
        engine.dispose()
