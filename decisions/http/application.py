"""The routes, and the table of refusals and status codes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from contracts.metrics import decisions as metrics
from decisions import errors
from decisions.answer import Answer, Cause, Policy
from decisions.errors import Refusal
from decisions.http.asking import PARAMETERS, Asked, asked, transactions_of
from decisions.http.exchange import Exchange, Receive, Send
from decisions.http.openapi import document
from decisions.intake import Intake
from decisions.waiting import Timers, Waiter
from settings import DecisionsSettings

log = logging.getLogger(__name__)

ONE, BATCH, DESCRIPTION = "/v1/decisions", "/v1/decisions/batch", "/v1/openapi.json"
STATUS: dict[type[Refusal], int] = {
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.WrongMethod: 405,
    errors.TooSlow: 408,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.Overloaded: 429,
    errors.Unavailable: 503,
}
RETRY_AFTER_S = {errors.Overloaded: "1", errors.Unavailable: "1"}
"""Header Retry-After, whole seconds; one is its least value above zero."""


class Access(Protocol):
    """Checks who asks."""

    async def check(self, authorization: str) -> None:
        """Raise a `Refusal` unless the sender may ask for decisions."""


class Application:
    """An ASGI application.

    Args:
        intake: takes transactions in.
        policy: gives the fallback.
        access: checks who asks.
        settings: deadlines and limits.
        timers: the clock of deadlines.
        id_of: reads the id of a transaction, for fallbacks.
    """

    def __init__(
        self,
        intake: Intake,
        policy: Policy,
        access: Access,
        settings: DecisionsSettings,
        timers: Timers,
        id_of: Callable[[bytes], str],
    ) -> None:
        self._intake, self._policy, self._access = intake, policy, access
        self._settings, self._timers, self._id_of = settings, timers, id_of
        self._routes: dict[str, tuple[str, Callable[[Exchange], Awaitable[None]]]] = {
            ONE: ("POST", self._one),
            BATCH: ("POST", self._batch),
            DESCRIPTION: ("GET", self._describe),
        }

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request; anything but HTTP is ignored."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        try:
            await self._route(exchange)
        except Refusal as refusal:
            kind = type(refusal)
            wait = RETRY_AFTER_S.get(kind)
            headers = {"retry-after": wait} if wait else None
            await exchange.answer(STATUS[kind], {"detail": _detail(refusal)}, headers)
        except Exception:
            log.exception("%s %s failed", exchange.method, exchange.path[:100])
            await exchange.answer(500, {"detail": _detail(Refusal("the gateway failed; see its log"))})
        metrics.DECISION_REQUESTS.labels(str(exchange.status)).inc()

    async def _route(self, exchange: Exchange) -> None:
        route = self._routes.get(exchange.path)
        if route is None:
            raise errors.NotFound("there is nothing here", where="path", allowed=", ".join(self._routes))
        method, handle = route
        if exchange.method != method:
            raise errors.WrongMethod("the path has another method", where="method", allowed=method)
        await handle(exchange)

    async def _describe(self, exchange: Exchange) -> None:
        await exchange.answer(200, document(self._settings))

    async def _one(self, exchange: Exchange) -> None:
        began = self._timers.time()
        wanted = await self._asked(exchange)
        body = await exchange.body(self._settings.body_kib * 1024)
        (outcome,) = await self._decide([body], wanted, began)
        if isinstance(outcome, Refusal):
            raise outcome
        await exchange.answer(200, outcome)

    async def _batch(self, exchange: Exchange) -> None:
        began = self._timers.time()
        wanted = await self._asked(exchange)
        body = await exchange.body(self._settings.body_kib * 1024)
        bodies = transactions_of(body, self._settings.batch)
        results = [
            {"status": STATUS[type(one)], "detail": _detail(one)}
            if isinstance(one, Refusal)
            else {"status": 200, "decision": one}
            for one in await self._decide(bodies, wanted, began)
        ]
        await exchange.answer(200, {"results": results})

    async def _asked(self, exchange: Exchange) -> Asked:
        await self._access.check(exchange.header(b"authorization"))
        own = self._settings
        return asked(exchange.parameters(PARAMETERS), own.deadline_ms, durable=own.durable)

    async def _decide(
        self, bodies: Sequence[bytes], wanted: Asked, began: float
    ) -> Sequence[Answer | Refusal]:
        """Return the outcome of each transaction, in order.

        Raises:
            Overloaded: too many transactions are under way.
        """
        results = _Results(len(bodies))
        due = began + wanted.deadline_s
        waiters = [
            Waiter(self._id_of(body), due, wanted.durable, results.taker(at))
            for at, body in enumerate(bodies)
        ]
        if not self._intake.submit(bodies, waiters):
            if self._settings.overload == "refuse":
                raise errors.Overloaded("too many transactions wait for a score; try again later")
            found = (self._policy.stand_in(waiter.id, Cause.OVERLOAD) for waiter in waiters)
            return [self._observed(one, began) for one in found]
        return [self._observed(outcome, began) for outcome in await results.all]

    def _observed(self, outcome: Answer | Refusal, began: float) -> Answer | Refusal:
        if isinstance(outcome, Answer):
            kind = outcome.fallback or ("provisional" if outcome.provisional else "durable")
            metrics.DECISIONS.labels(kind).inc()
            metrics.DECIDED.labels(outcome.decision).inc()
            metrics.DECISION_SECONDS.labels(kind).observe(self._timers.time() - began)
        return outcome


class _Results:
    """Collects the outcomes of one request; `all` is done once each transaction has one."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._found: list[Answer | Refusal] = [Refusal("no outcome")] * count
        self.all: asyncio.Future[list[Answer | Refusal]] = asyncio.get_running_loop().create_future()

    def taker(self, at: int) -> Callable[[Answer | Refusal], None]:
        """Return what takes the outcome of one transaction."""

        def take(outcome: Answer | Refusal) -> None:
            self._found[at] = outcome
            self._left -= 1
            if not self._left and not self.all.done():  # it is cancelled if the caller has left
                self.all.set_result(self._found)

        return take


def _detail(refusal: Refusal) -> dict[str, str]:
    return {"what": refusal.what, "where": refusal.where, "allowed": refusal.allowed}
