"""The gates before the routes: limits of bodies and requests, security headers, no page without a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from console.context import ConsoleContext
from console.gates.rates import Rates
from console.gates.sessions import SignedInOnly
from console.server import build_app
from settings import ConsoleSettings, Settings
from tests.unit.console.people import LOOP, Person

MIB = 1024 * 1024
RIGHT = {"name": "analyst", "password": "correct horse battery"}


class Counting:
    """An endless body that counts how much of it was read."""

    def __init__(self, total: int) -> None:
        self.total, self.read = total, 0

    async def __aiter__(self) -> Any:
        while self.read < self.total:
            self.read += MIB // 4
            yield b" " * (MIB // 4)


def send(app: FastAPI, headers: dict[str, str], body: Counting) -> httpx.Response:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://console")
    given = {"Content-Type": "application/json"} | headers
    return LOOP.run_until_complete(client.post("/api/v1/labels", headers=given, content=body))


@pytest.mark.parametrize(
    ("headers", "most"), [({}, 16 * 1024), ({"Authorization": "Bearer nonsense"}, 4 * MIB)]
)
def test_a_huge_body_is_refused_before_it_is_read(app: FastAPI, headers: dict[str, str], most: int) -> None:
    body = Counting(150 * MIB)
    answer = send(app, headers, body)
    assert answer.status_code == 413
    assert f"{most:,} bytes" in answer.json()["detail"]["what"]
    assert body.read <= most + MIB


def test_an_announced_huge_body_is_refused_at_once(app: FastAPI) -> None:
    body = Counting(150 * MIB)
    assert send(app, {"Content-Length": str(150 * MIB)}, body).status_code == 413


def test_bodies_together_take_bounded_memory(app: FastAPI) -> None:
    """Senders that announce nothing and never finish hold little, and the next one is asked to come later."""
    from console.gates.bodies import BODIES_AT_ONCE, Bodies

    gate = Bodies(app, 16 * 1024)

    async def play() -> list[int]:
        statuses: list[int] = []
        slow = [asyncio.create_task(_never_ends(gate)) for _ in range(BODIES_AT_ONCE)]
        await asyncio.sleep(0)
        await _ask(gate, [b"x" * 1024], statuses)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return statuses

    assert LOOP.run_until_complete(play()) == [503]


async def _never_ends(gate: Any) -> None:
    sent = [{"type": "http.request", "body": b"x" * 16 * 1024, "more_body": True}]

    async def receive() -> Message:
        if sent:
            return sent.pop()
        return await asyncio.Future()

    async def ignore(message: Message) -> None:
        pass

    await gate(_scope("/api/v1/labels"), receive, ignore)


async def _ask(gate: Any, parts: list[bytes], statuses: list[int]) -> None:
    async def receive() -> Message:
        body = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": body, "more_body": bool(parts)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await gate(_scope("/api/v1/labels"), receive, send)


def _scope(path: str, **more: Any) -> Scope:
    return {
        "type": "http", "method": "POST", "path": path, "headers": [], "client": ("192.0.2.7", 1),
        "query_string": b"", "scheme": "http", **more,
    }  # fmt: skip


def test_a_body_that_does_not_arrive_is_given_up(app: FastAPI) -> None:
    from console.gates.bodies import Bodies

    statuses: list[int] = []

    async def play() -> None:
        async def receive() -> Message:
            return await asyncio.Future()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await Bodies(app, 16 * 1024, read_s=0.01)(_scope("/api/v1/labels"), receive, sent)

    LOOP.run_until_complete(play())
    assert statuses == [408]


@pytest.fixture
def slow_console(context: ConsoleContext, app: FastAPI) -> FastAPI:
    """A console that allows one request a second and address."""
    settings = Settings(console=ConsoleSettings(requests_per_second=1))
    return build_app(replace(context, settings=settings))


def test_an_address_beyond_its_rate_is_asked_to_wait_and_others_are_served(slow_console: FastAPI) -> None:
    visitor = Person(slow_console)
    statuses = [visitor.get("/session").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = visitor.get("/session")
    assert refused.headers["retry-after"] == "1"
    assert Person(slow_console, address="192.0.2.8").get("/session").status_code == 401


def test_an_address_has_a_bounded_number_of_requests_in_progress() -> None:
    statuses: list[int] = []
    release = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()

    async def play() -> None:
        gate = Rates(app, 0, at_once=2)
        first = [asyncio.create_task(_ask(gate, [], statuses)) for _ in range(2)]
        await asyncio.sleep(0)
        await _ask(gate, [], statuses)
        release.set()
        await asyncio.gather(*first)
        await asyncio.wait_for(_ask(gate, [], statuses), 5)

    LOOP.run_until_complete(play())
    assert statuses == [429]


def test_requests_of_all_addresses_together_are_bounded() -> None:
    statuses: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Future()

    async def play() -> None:
        gate = Rates(app, 5, at_once=1)
        tasks = [
            asyncio.create_task(gate(_scope("/x", client=(f"198.51.100.{n}", 1)), None, None))  # type: ignore[arg-type]
            for n in range(5)
        ]
        await asyncio.sleep(0)
        await _ask(gate, [], statuses)
        for task in tasks:
            task.cancel()

    LOOP.run_until_complete(play())
    assert statuses == [503]


def test_https_is_remembered_by_browsers_and_pages_connect_to_their_own_host_only(app: FastAPI) -> None:
    secure = Person(app, origin="https://console.bank.example").get("/session/ways")
    assert secure.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert secure.headers["content-security-policy"].startswith("default-src 'none'")
    plain = Person(app).send("GET", "/")
    assert "strict-transport-security" not in plain.headers
    policy = plain.headers["content-security-policy"]
    assert "connect-src 'self' ws://console;" in policy
    forged = Person(app).http.get("/", headers={"Host": "evil; script-src *"})
    assert "evil" not in LOOP.run_until_complete(forged).headers["content-security-policy"]


@pytest.fixture
def pages() -> Callable[..., tuple[int, str]]:
    """Ask for a page, signed in or not; return status and address of a redirect."""
    reached: list[str] = []

    async def framework(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ask(path: str, *, signed_in: bool) -> tuple[int, str]:
        gate = SignedInOnly(framework, lambda request: signed_in, ("/api/v1", "/sign-in", "/static-"))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://console")
        answer = LOOP.run_until_complete(client.get(path))
        return answer.status_code, answer.headers.get("location", "")

    return ask


def test_the_page_framework_never_sees_a_visitor(pages: Callable[..., tuple[int, str]]) -> None:
    assert pages("/", signed_in=False) == (303, "/sign-in?next=/")
    assert pages("/no/such/page?a=1", signed_in=False) == (303, "/sign-in?next=/no/such/page%3Fa%3D1")
    assert pages("/_nicegui_ws/socket.io/", signed_in=False) == (401, "")
    assert pages("/", signed_in=True) == (200, "")
    assert pages("/static-1/console.css", signed_in=False) == (200, "")


def test_a_web_socket_of_another_site_is_refused_also_with_a_session() -> None:
    reached: list[str] = []
    sent: list[Message] = []

    async def framework(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def play() -> None:
        gate = SignedInOnly(framework, lambda request: True, ())
        for origin in (b"https://evil.example", b"https://console"):
            headers = [(b"host", b"console"), (b"origin", origin)]
            await gate(_scope("/_nicegui_ws/", type="websocket", headers=headers), receive, send)

    LOOP.run_until_complete(play())
    assert reached == ["/_nicegui_ws/"]
    assert [message["code"] for message in sent] == [4401]


def test_nothing_is_traced_listed_or_shown_of_the_inside(app: FastAPI) -> None:
    visitor = Person(app)
    assert visitor.send("TRACE", "/api/v1/session").status_code == 405
    assert visitor.send("GET", "/api/v1/").status_code == 404
    assert app.debug is False
