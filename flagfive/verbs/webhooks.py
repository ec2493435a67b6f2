"""`flagfive webhooks`: endpoints, deliveries, a test, and another try."""

import getpass
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

app = typer.Typer(add_completion=False)

Endpoint = Annotated[str, typer.Argument(metavar="NAME", help="Name of an endpoint in webhooks.endpoints.")]
DeliveryId = Annotated[int, typer.Argument(metavar="ID", min=1, help="Id of a delivery that has failed.")]


@app.callback(invoke_without_command=True, epilog="Example: flagfive webhooks test tickets")
def webhooks(context: typer.Context) -> None:
    """Show the endpoints of webhooks, and how many deliveries wait, were sent and have failed."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from storage.webhooks import STATES

    settings = settings_of(context)
    table = Table("endpoint", "events", *STATES, title=f"{len(settings.webhooks.endpoints)} endpoints")
    with _unit(settings) as unit:
        for one in settings.webhooks.endpoints:
            counts = (f"{unit.webhooks.count(endpoint=one.name, state=state):,}" for state in STATES)
            table.add_row(one.name, ", ".join(one.events), *counts)
    Console().print(table)


@app.command(epilog="Example: flagfive webhooks deliveries --state failed")
def deliveries(
    context: typer.Context,
    endpoint: Annotated[str, typer.Option(help="Only of this endpoint.")] = "",
    state: Annotated[str, typer.Option(help="Only waiting, sent or failed ones.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 50,
) -> None:
    """Show the newest deliveries: event, tries, last answer, and why it failed."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from storage.webhooks import STATES

    if state and state not in STATES:
        raise UserError(f"--state {state}: allowed are {', '.join(STATES)}")
    with _unit(settings_of(context)) as unit:
        found = unit.webhooks.page(endpoint=endpoint or None, state=state or None, limit=limit)
    table = Table("id", "endpoint", "event", "type", "subject", "queued (UTC)", "tries", "state", "answer")
    for one in found:
        told = "sent" if one.sent_at else "failed" if one.failed_at else "waiting"
        at = time.strftime("%F %T", time.gmtime(one.queued_at))
        answer = one.cause or (str(one.status) if one.status else "")
        cells = (one.endpoint, one.event, one.kind, one.subject, at, str(one.attempts), told, answer)
        table.add_row(str(one.id), *(escape(cell) for cell in cells))
    Console().print(table)


@app.command(epilog="Example: flagfive webhooks test tickets")
def test(context: typer.Context, endpoint: Endpoint) -> None:
    """Send one event of type `ping` now, and show the answer; it is not in the log."""
    import json
    from uuid import uuid4

    from recorder.webhooks.posting import Poster
    from recorder.webhooks.signing import MissingSecret

    settings = _with(settings_of(context), endpoint)
    event, now = f"ping-{uuid4().hex[:12]}", time.time()
    body = json.dumps({"id": event, "type": "ping", "time": now, "data": {}})
    try:
        with Poster(settings, endpoint) as poster:
            tried = poster.post(event, body, now=now)
    except MissingSecret as missing:
        raise UserError(str(missing)) from None
    if not tried.arrived:
        raise UserError(f"{endpoint}: {tried.cause}")
    print(f"{endpoint}: accepted with {tried.status}")


@app.command(epilog="Example: flagfive webhooks secret tickets")
def secret(context: typer.Context, endpoint: Endpoint) -> None:
    """Print the key with which the receiver verifies signatures; it is derived for this endpoint alone."""
    from recorder.webhooks.signing import EndpointKeys, MissingSecret

    try:
        print(EndpointKeys.of(_with(settings_of(context), endpoint), endpoint).shown())
    except MissingSecret as missing:
        raise UserError(str(missing)) from None


@app.command(epilog="Example: flagfive webhooks retry 17")
def retry(context: typer.Context, delivery_id: DeliveryId) -> None:
    """Try a failed delivery again; the recorder does it within seconds."""
    with _unit(settings_of(context), reads_only=False) as unit:
        now = time.time()
        if not unit.webhooks.retry(delivery_id, now=now):
            raise UserError(f"no delivery {delivery_id} has failed; see `flagfive webhooks deliveries`")
        unit.audit.append(getpass.getuser(), "retry webhook", subject=str(delivery_id), time=now)
        unit.commit()
    print(f"delivery {delivery_id}: it is sent again")


def _with(settings: "Settings", endpoint: str) -> "Settings":
    known = [one.name for one in settings.webhooks.endpoints]
    if endpoint not in known:
        raise UserError(f"no endpoint {endpoint!r}; webhooks.endpoints has {', '.join(known) or 'none'}")
    return settings


@contextmanager
def _unit(settings: "Settings", *, reads_only: bool = True) -> "Iterator[UnitOfWork]":
    from flagfive.database import open_database
    from storage import UnitOfWork, migrate

    engine = open_database(settings)
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=reads_only) as unit:
            yield unit
    finally:
        engine.dispose()
