"""Shows refusals of the API as notifications."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from console.pages.api_client import ApiRefused


@contextmanager
def notify_refusals() -> Iterator[None]:
    """Leave the block where the API refuses a request in it, and notify the viewer."""
    try:
        yield
    except ApiRefused as refused:
        ui.notify(refused.what, type="negative")
