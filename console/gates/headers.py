"""Security headers of every answer."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRICT_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Of the API, which answers with data only."""
# Pages run their own scripts. NiceGUI needs inline scripts and compiles templates in the browser.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src {connect}; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:]{2,45}\](:\d{1,5})?")
DAY_S = 86_400


class SecureHeaders:
    """ASGI middleware that adds the headers; over HTTPS it adds Strict-Transport-Security.

    Args:
        app: what answers.
        prefix: path of the API.
        hsts_days: days that a browser must use HTTPS for this host; 0 sends no such header.
    """

    def __init__(self, app: ASGIApp, prefix: str, hsts_days: int) -> None:
        self._app, self._prefix, self._hsts_days = app, prefix, hsts_days

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._added(scope)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sent)

    def _added(self, scope: Scope) -> dict[str, str]:
        added = dict(HEADERS)
        if scope["path"].startswith(self._prefix):
            added |= {"Content-Security-Policy": STRICT_POLICY, "Cache-Control": "no-store"}
        else:
            added["Content-Security-Policy"] = page_policy(
                Headers(scope=scope).get("host", ""), scope["scheme"]
            )
        if scope["scheme"] == "https" and self._hsts_days:
            added["Strict-Transport-Security"] = f"max-age={self._hsts_days * DAY_S}; includeSubDomains"
        return added


def page_policy(host: str, scheme: str) -> str:
    """Return the content security policy of pages: they connect to their own host only.

    Some browsers do not count a web socket to the same host as 'self', so the policy names it.

    >>> page_policy("console.bank.example", "https").split("connect-src ")[1].split(";")[0]
    "'self' wss://console.bank.example"
    """
    socket = {"https": "wss", "http": "ws"}.get(scheme, "wss")
    named = f" {socket}://{host}" if _HOST.fullmatch(host) else ""
    return _POLICY.format(connect="'self'" + named)
