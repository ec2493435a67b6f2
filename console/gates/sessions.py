"""Lets only signed-in viewers reach the pages.

The page framework keeps state in memory for each page that is opened, also for one that does not exist, and
for each web socket. So a request without a session is answered before the framework sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from console.gates.answering import refuse

SIGN_IN = "/sign-in"


class SignedInOnly:
    """ASGI middleware that redirects to the sign-in page, and refuses web sockets, without a valid session.

    Args:
        app: the pages.
        is_signed_in: whether a request carries a valid session; it may block.
        public: path prefixes that need no session here: the API checks its own, files hold nothing secret.
    """

    def __init__(
        self, app: ASGIApp, is_signed_in: Callable[[HTTPConnection], bool], public: Collection[str]
    ) -> None:
        self._app, self._is_signed_in, self._public = app, is_signed_in, tuple(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await self._may_pass(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()  # websocket.connect
            await send({"type": "websocket.close", "code": 4401, "reason": "sign in first"})
        elif scope["method"] == "GET" and not scope["path"].startswith("/_nicegui"):
            query = scope["query_string"].decode("latin-1")
            asked = scope["path"] + (f"?{query}" if query else "")
            await RedirectResponse(f"{SIGN_IN}?next={quote(asked)}", 303)(scope, receive, send)
        else:
            await refuse(scope, receive, send, 401, "sign in first")

    async def _may_pass(self, scope: Scope) -> bool:
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(self._public):
            return True
        if scope["type"] == "websocket" and not is_same_origin(Headers(scope=scope)):
            return False
        return await run_in_threadpool(self._is_signed_in, HTTPConnection(scope))


def is_same_origin(headers: Headers) -> bool:
    """Whether a web socket is opened by a page of this host; programs send no `Origin`.

    >>> is_same_origin(Headers({"host": "console", "origin": "https://console"}))
    True
    >>> is_same_origin(Headers({"host": "console", "origin": "https://evil.example"}))
    False
    """
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
