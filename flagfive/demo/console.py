"""The analyst console beside the story, for whoever wants to look behind it."""

import time
from collections.abc import Callable

from flagfive.demo.stage import Verb, start_verbs
from flagfive.own_broker import free_port
from flagfive.processes import Processes
from settings import Settings


def start_console(settings: Settings, processes: Processes, command: Callable[..., list[str]]) -> str:
    """Start it on a free port; returns the address that signs its reader in once."""
    from console.access.first_admin import address_of_link, link_for_admin
    from storage import migrate, open_engine

    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    secret = link_for_admin(engine, now=time.time(), always=True)
    engine.dispose()
    assert secret is not None  # asked for in any case
    host, port = settings.console.host, free_port()
    start_verbs(settings, processes, command, [Verb("console", ("--port", str(port)))])
    return address_of_link(f"http://{host}:{port}", secret)
