"""Limits how fast, and how many at a time, one address may send requests."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from console.gates.answering import refuse

BURST_S = 10.0
"""Seconds of the allowed rate that an address may send at once: a page asks for dozens of parts."""
ADDRESSES = 10_000
"""Addresses that are remembered; the one longest unheard of is forgotten first."""


class Rates:
    """ASGI middleware: a token bucket per address, and a bound of requests in progress.

    Beyond the rate, or with too many of its requests in progress, an address gets 429 with `Retry-After`. If
    too many requests of all addresses are in progress, the answer is 503.

    Args:
        app: what to protect.
        per_second: requests a second of one address, over the long run; 0 sets no limit.
        at_once: requests in progress of one address; all addresses together may have five times as many.
        uncounted: path prefixes of static files and of the pages' long-lived connections.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        app: ASGIApp,
        per_second: float,
        at_once: int,
        uncounted: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._rate, self._at_once = app, per_second, at_once
        self._uncounted, self._clock = tuple(uncounted), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._uncounted):
            await self._app(scope, receive, send)
            return
        sender = sender_of(scope["client"][0] if scope.get("client") else "unknown")
        wait_s = self._take(sender)
        if wait_s > 0 or self._running[sender] >= self._at_once:
            what = "too many requests from your address"
            await refuse(scope, receive, send, 429, what, wait_s=max(wait_s, 1.0))
            return
        if self._running.total() >= 5 * self._at_once:
            await refuse(scope, receive, send, 503, "the console has too much to do", wait_s=1)
            return
        self._running[sender] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._running[sender] -= 1
            if not self._running[sender]:
                del self._running[sender]

    def _take(self, sender: str) -> float:
        """Take one request from the sender's bucket; return the seconds to wait if it is empty."""
        if not self._rate:
            return 0.0
        now, most = self._clock(), self._rate * BURST_S
        left, at = self._buckets.pop(sender, (most, now))
        left = min(most, left + (now - at) * self._rate)
        taken = left >= 1.0
        self._buckets[sender] = (left - taken, now)
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if taken else (1.0 - left) / self._rate


def sender_of(address: str) -> str:
    """Return the address, or the /64 network of an IPv6 address, which one sender has as a whole.

    >>> sender_of("192.0.2.7"), sender_of("2001:db8::1:2"), sender_of("unknown")
    ('192.0.2.7', '2001:db8::/64', 'unknown')
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address
