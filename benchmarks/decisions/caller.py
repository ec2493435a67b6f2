"""An open-loop HTTP caller: each request has a time at which it is due, however slow the answers are.

The latency of a request counts from the time at which it was due, so waiting for a free connection counts too
(no «coordinated omission»). Source of the term: Gil Tene, "How not to measure latency".
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

CONNECTIONS = 256
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request got.

    Attributes:
        seconds: from the time at which it was due to its answer.
        status: HTTP status; 0 where the connection broke.
        answer: the JSON; None where the connection broke.
    """

    seconds: float
    status: int
    answer: Any


class Connection(asyncio.Protocol):
    """One connection with one request under way at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the connection broke"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self._buffer) - end - len(_HEAD_END) < length:
            return
        body = bytes(self._buffer[end + len(_HEAD_END) : end + len(_HEAD_END) + length])
        self._buffer.clear()
        assert self._waiting is not None
        self._waiting.set_result((int(head.split(b" ")[1]), body))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request, and return status and body of its answer."""
        assert self.transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._waiting


class Caller:
    """Calls one gateway over a pool of connections.

    Args:
        port: of the gateway, on this machine.
        token: the API token.
        path: path and parameters of every request.
    """

    def __init__(self, port: int, token: str, path: str) -> None:
        self._port = port
        head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\n"
        self._head = f"{head}Content-Type: application/json\r\nContent-Length: ".encode()
        self._free: deque[Connection] = deque()
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, body: bytes, due: float, connection: Connection | None = None) -> Outcome:
        """Send a request that was due at a time of `perf_counter`, over a free connection or this one."""
        async with self._room:
            try:
                connection = connection or await self.connection()
                status, answer = await connection.ask(self._head + b"%d\r\n\r\n" % len(body) + body)
            except OSError:
                return Outcome(time.perf_counter() - due, 0, None)
            self._free.append(connection)
        return Outcome(time.perf_counter() - due, status, msgspec.json.decode(answer))

    def close(self) -> None:
        """Close all connections."""
        for connection in self._free:
            if connection.transport is not None:
                connection.transport.close()

    async def connection(self) -> Connection:
        """Return an open connection that no other request uses."""
        while self._free:
            connection = self._free.pop()
            if connection.transport is not None:
                return connection
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, "127.0.0.1", self._port)
        return made


async def open_loop(caller: Caller, bodies: Sequence[bytes], rate: float) -> list[Outcome]:
    """Send all bodies at `rate` a second, each when it is due; return their outcomes in order."""
    began, tasks = time.perf_counter() + 0.1, []
    for number, body in enumerate(bodies):
        due = began + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(caller.ask(body, due)))
    return await asyncio.gather(*tasks)
