"""Metrics of the console: requests and their seconds, sign-ins, open pages."""

from __future__ import annotations

import time
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.metrics import console as metrics

PAGES, ASSETS, OTHER = "pages", "assets", "other"
ASSET_PREFIXES = ("/_nicegui/", "/static-")
# Browsers without web sockets hold these requests open while a page is shown, so their time says nothing.
UNMEASURED = "/_nicegui_ws/"
WAYS_IN = {
    ("POST", "/session"): "password",
    ("GET", "/session/once"): "link",
    ("GET", "/session/provider/back"): "provider",
}
DELAYED = 429


class Measured:
    """ASGI middleware that counts and times each request.

    Args:
        prefix: path of the API.
        groups: parts of the API, so that unknown addresses add no label values.
    """

    def __init__(self, app: ASGIApp, prefix: str, groups: Collection[str]) -> None:
        self._app, self._prefix, self._groups = app, prefix + "/", frozenset(groups)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNMEASURED):
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()  # 500: outer middleware answers an exception

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._note(scope["method"], scope["path"], status, time.perf_counter() - began)

    def _note(self, method: str, path: str, status: int, seconds: float) -> None:
        group = self._group(path)
        metrics.CONSOLE_REQUESTS.labels(group, f"{status // 100}xx").inc()
        metrics.CONSOLE_SECONDS.labels(group).observe(seconds)
        way = WAYS_IN.get((method, "/" + path.removeprefix(self._prefix)))
        if way is not None:
            metrics.CONSOLE_SIGN_INS.labels(way, outcome_of(status)).inc()

    def _group(self, path: str) -> str:
        if path.startswith(self._prefix):
            first = path.removeprefix(self._prefix).split("/", 1)[0]
            return first if first in self._groups else OTHER
        return ASSETS if path.startswith(ASSET_PREFIXES) else PAGES


def outcome_of(status: int) -> str:
    """Return the outcome of a sign-in from its status code.

    >>> [outcome_of(status) for status in (303, 401, 429, 503)]
    ['signed in', 'refused', 'delayed', 'failed']
    """
    if status == DELAYED:
        return "delayed"
    return "signed in" if status < 400 else "refused" if status < 500 else "failed"


def count_open_pages() -> None:
    """Export the number of pages with an open connection."""
    from nicegui import Client

    def connected() -> int:
        # Runs in the metrics thread: copy, because pages open and close meanwhile.
        return sum(client.has_socket_connection for client in list(Client.instances.values()))

    metrics.CONSOLE_PAGES_OPEN.set_function(connected)
