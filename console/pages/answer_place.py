"""Where the answer to a question appears: grey bars while it is asked, then the result or the refusal."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from nicegui import ui

from console.pages.api_client import ApiRefused
from console.pages.parts import failed, waiting

Found = TypeVar("Found")


class AnswerPlace:
    """A part of a page, with the button that asks.

    Args:
        asks: disabled while the question is under way.
        place: filled with bars, then with what was found or why it was refused.
    """

    def __init__(self, asks: ui.button, place: ui.element) -> None:
        self._asks, self._place = asks, place

    async def fill(self, ask: Callable[[], Awaitable[Found]], draw: Callable[[Found], None]) -> None:
        """Ask the API, and draw what it answers."""
        self._asks.disable()
        self._place.clear()
        with self._place:
            waiting()
        try:
            found = await ask()
        except ApiRefused as refused:
            self._draw(partial(failed, refused.what))
            return
        self._draw(partial(draw, found))

    def _draw(self, drawn: Callable[[], None]) -> None:
        if self._place.is_deleted:
            return  # the viewer has left the page
        self._asks.enable()
        self._place.clear()
        with self._place:
            drawn()
