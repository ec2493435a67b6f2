"""Waits on a page until the recorder has stored what was just saved."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import empty, panel, waiting

LOOK_S = 1.0


def open_once_stored(address: str, what: str, ask: Callable[[], Awaitable[object]]) -> None:
    """Show that something is saved but not stored yet, and open its page once it is.

    Args:
        address: of the page.
        what: the word for it, such as `rule`.
        ask: asks the API for it. The API refuses while it is not stored.
    """

    async def look() -> None:
        try:
            await ask()
        except ApiRefused:
            return
        timer.deactivate()
        ui.navigate.to(address)

    with panel():
        empty("Saved", f"The {what} appears here once the recorder has stored it.", "hourglass_empty")
        waiting()
    timer = ui.timer(LOOK_S, look)
