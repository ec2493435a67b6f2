"""`flagfive console`: serve the analyst console."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    import uvicorn

    from console.context import ConsoleContext
    from settings import Settings

app = typer.Typer(add_completion=False)

WEB_SOCKET_BYTES = 1024 * 1024
"""Largest message of a page to the console; pages send clicks and typed text."""


class PortTaken(UserError):
    """The console cannot listen at its address."""


@app.command(epilog="Example: flagfive console --port 8080")
def console(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: console.host).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on (default: console.port).")
    ] = None,
    admin_link: Annotated[
        bool,
        typer.Option(
            "--admin-link",
            help="Print a link that signs `admin` in once within an hour at the running console, and exit.",
        ),
    ] = False,
) -> None:
    """Serve the analyst console, pages and API, until Ctrl-C.

    If there are no users, it creates the user `admin` and prints a one-time link to sign in. There is no
    default password.
    """
    import uvicorn

    from console.access.provider import provider_of
    from console.measuring import count_open_pages
    from console.pages.mount import mount_pages
    from console.server import build_app, protect_pages
    from flagfive.logs import configure_logging
    from flagfive.metrics_page import serve_metrics

    settings = settings_of(context)
    configure_logging(settings)
    place = (host or settings.console.host, settings.console.port if port is None else port)
    if admin_link:
        _print_link(settings, "http://{}:{}".format(*place))
        return
    served = _console_context(settings)
    application = build_app(served, provider_of(settings.console))
    mount_pages(application)
    protect_pages(application, served)
    count_open_pages()
    serve_metrics(settings, "console")
    with _listening(*place) as listener:
        _print_address(served, "http://{}:{}".format(*listener.getsockname()[:2]))
        # Wait only 2 s for open connections: every open page holds one.
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
            ws_max_size=WEB_SOCKET_BYTES,
        )
        with served.feedback, served.models:
            _beating(uvicorn.Server(config)).run([listener])


def _beating(server: "uvicorn.Server") -> "uvicorn.Server":
    """Return the server with a heartbeat at each tick of its event loop, ten times a second."""
    from contracts.heartbeat import HEARTBEATS

    tick = server.on_tick

    async def on_tick(counter: int) -> bool:
        HEARTBEATS.beat("event loop", within_s=60.0)
        return await tick(counter)

    server.on_tick = on_tick  # type: ignore[method-assign]
    return server


def _console_context(settings: "Settings") -> "ConsoleContext":
    """Migrate the database, and build the console context with the secret of the card tokens."""
    from console.access.seal import Seal
    from console.card_tokens import CardTokens
    from console.context import ConsoleContext
    from console.feedback import KafkaFeedback
    from console.lag import KafkaLag
    from console.models.process import ModelProcess
    from contracts.signing.principals import CONSOLE
    from flagfive.database import audit_keys, history_of, migrate_and_seal, open_database
    from flagfive.keys import control_key, trust_of
    from flagfive.own_secrets import own_secret
    from storage.entity_index import index_entities

    key, trust = control_key(settings), trust_of(settings, CONSOLE)
    engine = open_database(settings)
    migrate_and_seal(engine)
    index_entities(engine, [entity.name for entity in settings.entities])
    feedback = KafkaFeedback(engine, settings.broker, settings.topics, trust)
    own = own_secret(settings, "console", settings.console.secret)
    cards = CardTokens(settings.primary.name, own)
    models = ModelProcess(settings.storage.url, key, audit_keys(settings), history_of(settings))
    return ConsoleContext(
        engine, settings, cards, feedback, models, KafkaLag(settings), seal=Seal(own), trust=trust, key=key
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Open a listening socket; raises PortTaken if the address cannot be used."""
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {host}:{port}: {error.strerror}. Choose another address with --host and --port"
        ) from None
    with listener:
        yield listener


def _print_address(context: "ConsoleContext", address: str) -> None:
    from console.access.first_admin import link_for_admin

    print(f"console: {address}", flush=True)
    _print_sign_in(address, link_for_admin(context.engine, now=context.clock(), always=False))


def _print_link(settings: "Settings", address: str) -> None:
    """Print a link without a server of its own, so that it works while the console runs."""
    from console.access.first_admin import link_for_admin
    from flagfive.database import migrate_and_seal, open_database

    engine = open_database(settings)
    migrate_and_seal(engine)
    _print_sign_in(address, link_for_admin(engine, now=time.time(), always=True))
    engine.dispose()


def _print_sign_in(address: str, secret: str | None) -> None:
    from console.access.first_admin import ADMIN, address_of_link

    if secret is not None:
        link = address_of_link(address, secret)
        print(f"sign in as {ADMIN}, once and within an hour: {link}", flush=True)
