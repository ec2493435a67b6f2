"""Users of the console, one of every role, and their sessions."""

from __future__ import annotations

import asyncio
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from console.access.rights import Role
from console.context import ConsoleContext
from console.server import PREFIX
from storage.users import User
from tests.unit.console.stored_rows import DAY

PASSWORD = "correct horse battery"
# The hash contains its parameters, so verification is fast too; real hashes take 50 ms each.
QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
# A client works only in the event loop of its first use.
LOOP = asyncio.new_event_loop()


def add_users(context: ConsoleContext) -> None:
    """Add a user of every role, named after the role, all with the same password."""
    with context.unit() as unit:
        for role in Role:
            unit.users.add(User(name=role, role=role, password_hash=QUICK_HASH, created_at=DAY))
        unit.commit()


class Person:
    """A browser with a session: paths below /api/v1, a valid CSRF header."""

    def __init__(
        self, app: FastAPI, name: str = "", *, origin: str = "http://console", address: str = "192.0.2.7"
    ) -> None:
        transport = ASGITransport(app, client=(address, 1))
        self.http = AsyncClient(transport=transport, base_url=origin)
        self.csrf = ""
        if name:
            answer = self.post("/session", {"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            self.csrf = answer.json()["csrf"]

    def get(self, path: str, **query: Any) -> Response:
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: object = None) -> Response:
        return self.ask("POST", path, json=body)

    def ask(self, method: str, path: str, **arguments: Any) -> Response:
        return self.send(method, PREFIX + path, **arguments)

    def send(self, method: str, address: str, **arguments: Any) -> Response:
        headers = {"X-CSRF-Token": self.csrf}
        return LOOP.run_until_complete(self.http.request(method, address, headers=headers, **arguments))
