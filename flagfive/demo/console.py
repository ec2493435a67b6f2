"""Starts the analyst console beside the story."""

import time
from collections.abc import Callable

from flagfive.demo.stage import Verb, start_verbs
from flagfive.own_broker import free_port
from flagfive.processes import Processes
from settings import Settings


def start_console(settings: Settings, processes: Processes, command: Callable[..., list[str]]) -> str:
    """Start the console on a free port.

    Args:
        settings: the settings.
        processes: the set of child processes that it joins.
        command: returns the command line of a verb.

    Returns:
        An address that signs `admin` in once.
    """
    from console.access.first_admin import address_of_link, link_for_admin
    from flagfive.database import open_database
    from storage import migrate

    engine = open_database(settings)
    migrate.upgrade(engine)
    secret = link_for_admin(engine, now=time.time(), always=True)
    engine.dispose()
    assert secret is not None  # `always` creates one
    host, port = settings.console.host, free_port()
    start_verbs(settings, processes, command, [Verb("console", ("--port", str(port)))])
    return address_of_link(f"http://{host}:{port}", secret)
