"""`flagfive audit verify`: check that nobody has changed the audit log."""

from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from storage.audit_log import Head

app = typer.Typer(add_completion=False, no_args_is_help=True)


class LogBroken(UserError):
    """An entry does not follow from the one before it."""


class WrongHead(UserError):
    """`--known` is not a position and a hash."""

    exit_code = 2


@app.callback(epilog="Example: flagfive audit verify")
def audit() -> None:
    """Check the audit log."""


@app.command(epilog="Example: flagfive audit verify --known 4711:9f86d081884c7d65...")
def verify(
    context: typer.Context,
    known: Annotated[
        str | None,
        typer.Option(
            metavar="POSITION:HASH",
            help="The end of the log as an earlier check printed it; shows whether entries were cut off.",
        ),
    ] = None,
) -> None:
    """Follow the chain of hashes from the first entry, and print its end. Exit code 1 where it is broken.

    Keep what is printed somewhere else: only with it can be seen that the end was cut off, or all rewritten.
    """
    from storage import UnitOfWork, migrate, open_engine
    from storage.errors import AuditLogBroken, SchemaOutdated

    head = _head(known) if known else None
    engine = open_engine(settings_of(context).storage.url)
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=True) as unit:
            end = unit.audit.verify(known_head=head)
    except (AuditLogBroken, SchemaOutdated) as broken:
        raise LogBroken(str(broken)) from None
    print(f"the audit log is whole: {end.position:,} entries, end {end.position}:{end.hash}")


def _head(text: str) -> "Head":
    from storage.audit_log import Head

    position, _, digest = text.partition(":")
    if not position.isdigit() or len(digest) != 64:
        raise WrongHead(f"--known {text!r}: allowed is POSITION:HASH, as `flagfive audit verify` prints it")
    return Head(int(position), digest)
