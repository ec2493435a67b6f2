"""`flagfive evidence`: a signed document about one model, its check offline, and the inventory of all."""

import getpass
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from contracts.signing.principals import Registry
    from evidence.signed_file import Signed
    from evidence.source import Source
    from settings import Settings
    from storage.audit_keys import AuditKeys


class SubjectOrVerb(TyperGroup):
    """Takes any first word that is no verb of its own as the subject of `make`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["make", *args])


app = typer.Typer(cls=SubjectOrVerb, add_completion=False, no_args_is_help=True)


class EvidenceRefused(UserError):
    """A file is not what it claims, or evidence cannot be made; the message names the cause."""


@app.callback(epilog="Examples: flagfive evidence 'gift cards'; flagfive evidence verify FILE.json")
def evidence() -> None:
    """Make a signed document about one model for a reviewer, check one offline, or list all models.

    `flagfive evidence SUBJECT` is short for `flagfive evidence make SUBJECT`.
    """


@app.command(
    epilog="Examples: flagfive evidence make 'gift cards'; flagfive evidence make base/base --to review"
)
def make(
    context: typer.Context,
    subject: Annotated[
        str,
        typer.Argument(help="base/ID, detector/ID, rule/ID, or name or id of an episode.", metavar="SUBJECT"),
    ],
    to: Annotated[Path, typer.Option(help="Folder to write to; it is made.")] = Path("evidence"),
) -> None:
    """Write one signed JSON document, and the same as an HTML page.

    Reads the database that `flagfive recorder` writes, and verifies the whole audit log first. Signs with the
    key of keys.command_line (`cli`).
    """
    from evidence.page import page_of

    signed = _made(settings_of(context), subject)
    name = "evidence-" + re.sub(r"[^A-Za-z0-9._-]+", "-", signed.document.subject)
    for suffix, content in ((".json", signed.to_bytes()), (".html", page_of(signed))):
        file = to / (name + suffix)
        try:
            to.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            raise EvidenceRefused(f"cannot write {file}: {error.strerror}") from None
        print(file)


@app.command(
    epilog="Example: flagfive evidence verify evidence/evidence-base-base.html --trusted trusted.json"
)
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON file or HTML page that `flagfive evidence make` wrote.")],
    trusted: Annotated[
        Path | None, typer.Option(help="File of trusted public keys (default: trusted.json of keys.folder).")
    ] = None,
) -> None:
    """Check a file offline: signature, hashes, figures. Says what was checked and what was not.

    Needs neither broker nor database. Exit codes: 0 no check failed; 1 one failed, or bytes were changed.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from evidence.verifying import State, check

    settings = settings_of(context)
    signed = _read(file)
    checks = check(signed, _registry(settings, trusted), _audit_keys(settings))
    title = f"{signed.document.subject}, by {signed.document.made_by}"
    table = Table("check", "outcome", title=Text(title))
    table.add_column("details", overflow="fold")  # people copy hashes from here
    for one in checks:
        table.add_row(*map(Text, (one.what, one.state.value, one.words)))
    Console().print(table)
    failed = [one for one in checks if one.state is State.FAILED]
    if failed:
        raise EvidenceRefused(f"{file}: {'; '.join(f'{one.what}: {one.words}' for one in failed)}")


@app.command(epilog="Examples: flagfive evidence inventory; flagfive evidence inventory --json")
def inventory(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")] = False,
) -> None:
    """List all models in force or on trial with owner, last change and next trigger; --json has their ids."""
    import msgspec
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from evidence.inventory import inventory as rows_of
    from evidence.triggers import day_of

    with _source(settings_of(context)) as source:
        rows = rows_of(source)
    if as_json:
        print(json.dumps(msgspec.to_builtins(rows), indent=1, sort_keys=True))
        return
    table = Table("kind", "name", "state", "owner", "last change", "next trigger")
    for row in rows:
        changed = f"{day_of(row.changed)[:10]} by {row.changed_by}"
        cells = (row.kind, row.name, row.state, row.owner, changed, row.next_trigger)
        table.add_row(*map(Text, cells))
    Console().print(table)


def _made(settings: "Settings", name: str) -> "Signed":
    from contracts.signing.keys import UnusableKey
    from contracts.signing.principals import COMMAND_LINE
    from contracts.signing.trust import NotAllowed
    from evidence.gathering import gather
    from evidence.signed_file import sign
    from evidence.subject import UnknownSubject, find_subject
    from flagfive.keys import trust_of
    from storage.errors import AuditLogBroken

    principal = settings.keys.command_line
    made_by = getpass.getuser() if principal == COMMAND_LINE else principal
    try:
        with _source(settings) as source:
            document = gather(source, find_subject(source, name), made_by=made_by)
        return sign(document, trust_of(settings, principal))
    except (UnknownSubject, AuditLogBroken, NotAllowed) as error:
        raise EvidenceRefused(str(error)) from None
    except UnusableKey as error:
        raise EvidenceRefused(f"cannot sign as {principal!r}: {error}") from None


@contextmanager
def _source(settings: "Settings") -> "Iterator[Source]":
    from contracts.standing_policy import StandingPolicy
    from evidence.source import Source
    from flagfive.database import open_database
    from flagfive.keys import control_key
    from storage import UnitOfWork, migrate
    from storage.errors import SchemaOutdated

    engine = open_database(settings)
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=True) as unit:
            policy = unit.policies.standing(StandingPolicy.of_settings(settings))
            yield Source(unit, control_key(settings), policy, time.time())
    except SchemaOutdated as error:
        raise EvidenceRefused(str(error)) from None
    finally:
        engine.dispose()


def _read(file: Path) -> "Signed":
    from evidence.page import read_page
    from evidence.signed_file import MOST_BYTES, NotEvidence, read

    try:
        with file.open("rb") as opened:
            content = opened.read(2 * MOST_BYTES + 1)
    except OSError as error:
        raise EvidenceRefused(f"cannot read {file}: {error.strerror}") from None
    try:
        return read_page(content) if content.lstrip()[:1] == b"<" else read(content)
    except NotEvidence as error:
        raise EvidenceRefused(f"{file}: {error}") from None


def _registry(settings: "Settings", trusted: Path | None) -> "Registry":
    from contracts.signing.principals import Registry, Untrustworthy
    from flagfive.keys import registry_of

    if trusted is None:
        return registry_of(settings)
    try:
        return Registry.read(trusted.read_bytes(), str(trusted))
    except OSError as error:
        raise EvidenceRefused(f"cannot read {trusted}: {error.strerror}") from None
    except Untrustworthy as error:
        raise EvidenceRefused(str(error)) from None


def _audit_keys(settings: "Settings") -> "AuditKeys | None":
    """Keys of the audit log, where the settings give them; none is made on a reviewer's machine."""
    from flagfive.database import audit_keys

    return audit_keys(settings) if settings.storage.audit_key is not None else None
