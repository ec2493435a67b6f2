"""Addresses of pages."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

# NiceGUI shows an error after 3 s by default; a busy database takes longer, and the page then still comes.
BUILT_WITHIN_S = 30.0

PageBuilder = Callable[..., Any]


def page(path: str, title: str) -> Callable[[PageBuilder], PageBuilder]:
    """Make the decorated function draw the page at `path`.

    Args:
        path: address with parameters in braces.
        title: stands in the browser's title bar, before the name of the product.
    """
    decorate: Callable[[PageBuilder], PageBuilder] = ui.page(
        path, title=f"{title} · flagfive", response_timeout=BUILT_WITHIN_S
    )
    return decorate
