"""`flagfive audit verify`: verify the audit log."""

from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from storage.audit_log import Head

app = typer.Typer(add_completion=False, no_args_is_help=True)


class LogBroken(UserError):
    """The audit log was changed, or its tables are outdated."""


class WrongHead(UserError):
    """The value of `--known` is not a position and a hash."""

    exit_code = 2


@app.callback(epilog="Example: flagfive audit verify")
def audit() -> None:
    """Verify the audit log."""


@app.command(epilog="Example: flagfive audit verify --known 4711:9f86d081884c7d65...")
def verify(
    context: typer.Context,
    known: Annotated[
        str | None,
        typer.Option(
            metavar="POSITION:HASH",
            help="End of the log as an earlier run printed it; reveals entries that were cut off since.",
        ),
    ] = None,
) -> None:
    """Verify the chain of hashes from the first entry, and print its end. Exit code 1 if it is broken.

    Store the printed end in another place. Only with it can a later run detect that entries were cut off or
    that the whole log was rewritten.
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
    print(f"the audit log is intact: {end.position:,} entries, end {end.position}:{end.hash}")


def _head(text: str) -> "Head":
    from storage.audit_log import Head

    position, _, digest = text.partition(":")
    if not position.isdigit() or len(digest) != 64:
        raise WrongHead(f"--known {text!r}: use POSITION:HASH, as `flagfive audit verify` prints it")
    return Head(int(position), digest)
