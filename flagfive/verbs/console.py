"""`flagfive console`: the page where a fraud team works."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from console.context import ConsoleContext
    from settings import Settings

app = typer.Typer(add_completion=False)


class PortTaken(UserError):
    """The console cannot listen where it should."""


@app.command(epilog="Example: flagfive console --port 8080")
def console(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: console.host).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on (default: console.port).")
    ] = None,
    admin_link: Annotated[
        bool, typer.Option("--admin-link", help="Print a link that signs `admin` in once, within an hour.")
    ] = False,
) -> None:
    """Serve the analyst console, pages and API, until Ctrl-C.

    Where there is no user yet, a first one, `admin`, is made, and a one-time link to sign in is printed:
    there is no default password.
    """
    import uvicorn

    from console.access.provider import provider_of
    from console.measuring import count_open_pages
    from console.pages.mount import mount_pages
    from console.server import build_app
    from flagfive.logs import configure_logging
    from flagfive.metrics_page import serve_metrics

    settings = settings_of(context)
    configure_logging(settings)
    place = (host or settings.console.host, settings.console.port if port is None else port)
    served = _console_context(settings)
    application = build_app(served, provider_of(settings.console))
    mount_pages(application)
    count_open_pages()
    serve_metrics(settings, "console")
    with _listening(*place) as listener:
        _say_where(served, "http://{}:{}".format(*listener.getsockname()[:2]), admin_link)
        # 2 s: pages hold a connection open as long as they are shown.
        config = uvicorn.Config(application, log_config=None, access_log=False, timeout_graceful_shutdown=2)
        with served.feedback, served.models:
            uvicorn.Server(config).run([listener])


def _console_context(settings: "Settings") -> "ConsoleContext":
    """Database brought up to date, and the secret that references to cards are made with."""
    from console.card_tokens import CardTokens
    from console.context import ConsoleContext
    from console.feedback import KafkaFeedback
    from console.lag import KafkaLag
    from console.models.process import ModelProcess
    from flagfive.keys import control_key
    from storage import migrate, open_engine
    from storage.entity_index import index_entities

    control_key(settings)  # says at once where it is missing or unusable
    secret = settings.control.key
    assert secret is not None  # looked at just now
    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    index_entities(engine, [entity.name for entity in settings.entities])
    feedback = KafkaFeedback(engine, settings.broker.bootstrap, settings.topics)
    cards = CardTokens(settings.primary.name, secret.get_secret_value().encode())
    models = ModelProcess(settings.storage.url, secret.get_secret_value())
    return ConsoleContext(engine, settings, cards, feedback, models, KafkaLag(settings))


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens. Raises PortTaken."""
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another with --host and --port"
        ) from None
    with listener:
        yield listener


def _say_where(context: "ConsoleContext", address: str, admin_link: bool) -> None:
    from console.access.first_admin import ADMIN, address_of_link, link_for_admin

    print(f"console: {address}", flush=True)
    secret = link_for_admin(context.engine, now=context.clock(), always=admin_link)
    if secret is not None:
        link = address_of_link(address, secret)
        print(f"sign in once as {ADMIN}, within an hour: {link}", flush=True)
