"""What the API refuses is said to whoever asked, and the page goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from console.pages.api_client import ApiRefused


@contextmanager
def telling() -> Iterator[None]:
    """Leave the block where the API refuses something in it, and say what."""
    try:
        yield
    except ApiRefused as refused:
        ui.notify(refused.what, type="negative")
