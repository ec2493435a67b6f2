"""Times requests as a page sends them: through the API, with a session, one after the other."""

import time
from typing import Any

import httpx
from sqlalchemy import Engine

from console.access.rights import Role
from console.access.sessions import Sender, begin_session
from console.api.viewing import COOKIE, CSRF_HEADER
from console.card_tokens import CardTokens
from console.context import ConsoleContext
from console.feedback import KafkaFeedback
from console.lag import LagNow
from console.models.process import ModelProcess
from console.server import PREFIX, build_app
from contracts.signing.principals import CONSOLE
from contracts.signing.trust import Trust
from control.keys import ControlKey
from settings import Settings
from storage import UnitOfWork
from storage.users import User

ROUNDS = 20
SECRET = "a benchmark signs nothing"
GETS = {
    "queue by priority": "/alerts?limit=50",
    "queue, page 1,000": "/alerts?limit=50&offset=50000",
    "queue by amount": "/alerts?limit=50&sort=-amount",
    "one detector": "/alerts?limit=50&detector=pattern-3",
    "one card": "/alerts?limit=50&card=tok_000000000007",
    "amounts from 500": "/alerts?limit=50&min_amount=500&sort=-raised_at",
    "decided": "/alerts?limit=50&state=decided&sort=-raised_at",
    "what is new": "/alerts/newest?after=99990",
    "search by id": "/transactions?q=tx-777",
    "one transaction": "/transactions/tx-777",
    "one card's page": "/entities/card/tok_000000000007",
    "episodes": "/episodes",
    "detectors": "/detectors",
    "monitoring": "/monitoring",
}


class NoLag:
    """Answers immediately that the lag is unknown, so that the timings include no broker."""

    def now(self) -> LagNow:
        """Return an unknown lag."""
        return LagNow(problem="no broker here")


async def measure(engine: Engine) -> dict[str, dict[str, float]]:
    """Return median, maximum and CPU time of each request in ms, over 20 rounds after one warm-up round."""
    settings = Settings()
    # Neither is started: no request here needs the worker or the models.
    feedback = KafkaFeedback(
        engine, settings.broker, settings.topics, Trust.derived(SECRET.encode(), CONSOLE)
    )
    models = ModelProcess(settings.storage.url, ControlKey.single(SECRET))
    context = ConsoleContext(engine, settings, CardTokens("card", SECRET.encode()), feedback, models, NoLag())
    async with _signed_in(context) as client:
        times = {name: await _time(client, "GET", path) for name, path in GETS.items()}
        body = {"ids": list(range(1, 101)), "assignee": "ada"}
        times["assign 100"] = await _time(client, "POST", "/alerts/assign", json=body)
        body = {"ids": list(range(2_001, 2_101)), "verdict": "fraud"}
        times["decide 100"] = await _time(client, "POST", "/alerts/decide", json=body)
    return times


def _signed_in(context: ConsoleContext) -> httpx.AsyncClient:
    with UnitOfWork(context.engine) as unit:
        user = unit.users.add(User(name="ada", role=Role.LEAD, created_at=0.0))
        entered = begin_session(unit, user, Sender("here"), now=time.time(), by={"by": "benchmark"})
        unit.commit()
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(build_app(context)),
        base_url="http://console" + PREFIX,
        cookies={COOKIE: entered.secret},
        headers={CSRF_HEADER: entered.viewer.csrf},
    )


async def _time(client: httpx.AsyncClient, method: str, path: str, **arguments: Any) -> dict[str, float]:
    took, worked = [], []
    for _ in range(1 + ROUNDS):
        began, working = time.perf_counter(), time.process_time()
        (await client.request(method, path, **arguments)).raise_for_status()
        took.append(1e3 * (time.perf_counter() - began))
        worked.append(1e3 * (time.process_time() - working))
    counted = sorted(took[1:])
    # On a busy machine the rest of the time is spent waiting for a core.
    return {"p50": counted[ROUNDS // 2], "max": counted[-1], "cpu": sorted(worked[1:])[ROUNDS // 2]}
