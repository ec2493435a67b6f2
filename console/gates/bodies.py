"""Limits the bytes of request bodies, of one and of all together, before anything reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.gates.answering import refuse

WITHOUT_CREDENTIALS = 16 * 1024
"""Bytes; a sign-in has at most 1 KiB."""
BODIES_AT_ONCE = 16
"""Bodies of the largest size that may be in memory together."""
READ_S = 30.0
"""Seconds in which a body must arrive; 4 MiB at 1.1 Mbit/s."""


class TooLarge(Exception):
    """The body has more bytes than allowed."""


class NoRoom(Exception):
    """Other bodies take all memory that bodies may take."""


class Bodies:
    """ASGI middleware that reads each body within limits and hands it on as one message.

    A request with cookie or token may send `most` bytes, others 16 KiB. Too large is 413, too slow 408. If
    all bodies together would take more than 16 times `most`, the answer is 503.

    Args:
        app: what to protect.
        most: bytes of a body, at least 16 KiB.
        read_s: seconds in which a body must arrive.
    """

    def __init__(self, app: ASGIApp, most: int, read_s: float = READ_S) -> None:
        self._app, self._most, self._read_s = app, most, read_s
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        most = self._most if b"cookie" in headers or b"authorization" in headers else WITHOUT_CREDENTIALS
        chunks: list[bytes] = []
        try:
            await self._read(headers, most, receive, chunks)
        except (TooLarge, NoRoom, TimeoutError) as error:
            self._held -= sum(map(len, chunks))
            await _answer(error, most, scope, receive, send)
            return
        size = sum(map(len, chunks))
        body: list[Message] = [{"type": "http.request", "body": b"".join(chunks), "more_body": False}]
        chunks.clear()

        async def replay() -> Message:
            return body.pop() if body else await receive()

        try:
            await self._app(scope, replay, send)
        finally:
            self._held -= size

    async def _read(
        self, headers: Mapping[bytes, bytes], most: int, receive: Receive, chunks: list[bytes]
    ) -> None:
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > most:
            raise TooLarge
        size, more = 0, True
        async with asyncio.timeout(self._read_s):
            while more:
                message = await receive()
                if message["type"] != "http.request":  # the sender left; the app sees an empty body
                    return
                part, more = message.get("body", b""), message.get("more_body", False)
                size += len(part)
                if size > most:
                    raise TooLarge
                if self._held + len(part) > BODIES_AT_ONCE * self._most:
                    raise NoRoom
                self._held += len(part)
                chunks.append(part)


async def _answer(error: Exception, most: int, scope: Scope, receive: Receive, send: Send) -> None:
    if isinstance(error, TooLarge):
        await refuse(scope, receive, send, 413, f"the body is larger than {most:,} bytes")
    elif isinstance(error, NoRoom):
        await refuse(scope, receive, send, 503, "the console has too much to do", wait_s=1)
    else:
        await refuse(scope, receive, send, 408, "the body did not arrive in time")
