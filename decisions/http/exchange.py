"""One HTTP request and its response, on top of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from decisions.errors import Invalid, TooLarge, TooSlow

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = Mapping[str, str]

READ_S = 10.0
"""Seconds in which a body must arrive."""
MOST_PARAMETERS = 10
_encode = msgspec.json.Encoder().encode


class Exchange:
    """A request that is answered once.

    Args:
        scope: the ASGI scope of the request.
        receive: gives the parts of the body.
        send: takes the response.
    """

    def __init__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._scope, self._receive, self._send = scope, receive, send
        self.status = 0

    def header(self, name: bytes) -> str:
        """Return a header by its name in lower case; empty if there is none."""
        found = next((value for key, value in self._scope["headers"] if key == name), b"")
        return bytes(found).decode("latin-1")

    def parameters(self, known: frozenset[str]) -> dict[str, str]:
        """Return the query parameters.

        Raises:
            Invalid: one is not among `known`, or is given twice.
        """
        raw = self._scope["query_string"]
        if not raw:
            return {}
        allowed = ", ".join(sorted(known))
        try:
            pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        except ValueError:
            raise Invalid("too many parameters", where="query", allowed=allowed) from None
        if len(dict(pairs)) < len(pairs):
            raise Invalid("a parameter is given twice", where="query", allowed=allowed)
        if not known.issuperset(name for name, _ in pairs):
            raise Invalid("a parameter is unknown", where="query", allowed=allowed)
        return dict(pairs)

    async def body(self, most: int) -> bytes:
        """Return the body.

        Args:
            most: most bytes.

        Raises:
            TooLarge: there are more.
            TooSlow: it did not arrive within `READ_S`.
        """
        announced = self.header(b"content-length")
        if announced and (not announced.isdigit() or int(announced) > most):
            raise _too_large(most)
        first = await self._part()
        if not first.get("more_body"):
            return _checked(first.get("body", b""), most)
        try:
            async with asyncio.timeout(READ_S):
                return await self._rest(first.get("body", b""), most)
        except TimeoutError:
            raise TooSlow("the body did not arrive in time", where="body", allowed=f"{READ_S:g} s") from None

    async def answer(self, status: int, content: object, headers: Headers | None = None) -> None:
        """Send the response, `content` as JSON."""
        self.status = status
        body = _encode(content)
        fields = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        fields += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        fields.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body})

    async def _rest(self, first: bytes, most: int) -> bytes:
        parts, more = [first], True
        while more:
            part = await self._part()
            parts.append(part.get("body", b""))
            more = bool(part.get("more_body"))
            if sum(map(len, parts)) > most:
                raise _too_large(most)
        return b"".join(parts)

    async def _part(self) -> dict[str, Any]:
        message = await self._receive()
        if message["type"] != "http.request":  # the caller has left
            raise TooSlow("the body ended early", where="body")
        return message


def _checked(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise _too_large(most)
    return body


def _too_large(most: int) -> TooLarge:
    return TooLarge("the body is too large", where="body", allowed=f"{most} bytes")
