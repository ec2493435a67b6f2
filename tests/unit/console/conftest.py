"""A console over a database of its own, with users of every role and a few alerts; no broker."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine

from console.access.rights import Role
from console.card_tokens import CardTokens
from console.desk import Desk
from console.lag import LagNow
from console.models.results import CannotScore, Change, Effect, Matches, PartScore, WhatIf
from console.server import PREFIX, build_app
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.alerts import priority_of
from storage.entity_index import index_entities
from storage.users import User
from stream.adaptation.feedback import Answer, Draft, Request
from stream.control.acks import Ack, Progress

PASSWORD = "correct horse battery"
# The parameters stand in the hash, so what is verified against it is as fast; real ones take 50 ms each.
QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
CARD = "tok_5500000000004242"
DAY = 1_760_000_000.0
# Clients keep to the loop that they were first used in.
LOOP = asyncio.new_event_loop()


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: float = DAY + 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them; migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("console") / "empty.sqlite"
    engine = open_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    index_entities(engine, ["card", "merchant"])
    engine.dispose()
    return file


@pytest.fixture
def engine(empty_database: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(empty_database, tmp_path / "console.sqlite")
    engine = open_engine(f"sqlite:///{tmp_path}/console.sqlite")
    yield engine
    engine.dispose()


class WorkerAtHand:
    """Answers what the outbox holds at once, as the adaptation worker would; `answers` says what."""

    topic = "feedback"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._expected: dict[str, Future[Answer]] = {}
        self.asked: list[Request] = []
        self.answers: Callable[[Request], Answer | None] = lambda request: Answer(
            request.request_id, "done", "worked"
        )

    def __enter__(self) -> object:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def expect(self, request_id: str) -> Future[Answer]:
        return self._expected.setdefault(request_id, Future())

    def wake(self) -> None:
        with UnitOfWork(self._engine) as unit:
            for message in unit.outbox.pending():
                request = msgspec.json.decode(message.value or b"", type=Request)
                unit.outbox.mark_sent(message.id, time=0.0, offset=len(self.asked))
                self.asked.append(request)
                answer, expected = self.answers(request), self._expected.pop(request.request_id, None)
                if answer is not None and expected is not None:
                    expected.set_result(answer)
            unit.commit()

    def progress(self, control_offset: int) -> Progress | None:
        return Progress(3, 4)

    def acks(self) -> dict[int, Ack]:
        return {0: Ack("worker-1", (0,), 9, DAY)}


@pytest.fixture
def worker(engine: Engine) -> WorkerAtHand:
    return WorkerAtHand(engine)


class ModelsAtHand:
    """Answers like the model process; without an answer set it cannot score, as with an empty database."""

    def __init__(self) -> None:
        self.asked: list[tuple[Draft, float]] = []
        self.answer: Matches | None = None
        self.scores: list[PartScore] | None = None
        self.changes: list[Change] = []
        self.past: WhatIf | Exception = CannotScore("nothing is in force")
        self.running: int | None = None

    def __enter__(self) -> object:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def what_if(self, change: Change) -> WhatIf:
        self.changes.append(change)
        if isinstance(self.past, Exception):
            raise self.past
        return self.past

    def stage(self) -> int | None:
        return self.running

    def look_back(self, draft: Draft, days: float) -> Matches:
        self.asked.append((draft, days))
        if self.answer is None:
            raise CannotScore("nothing is stored")
        return self.answer

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        if self.scores is None:
            raise CannotScore("nothing is in force")
        return self.scores


@pytest.fixture
def models() -> ModelsAtHand:
    return ModelsAtHand()


TERMS = Effect(3.0, 40, 4.0, 8, 4, 900.0, 500.0, 6, 30)


class LagAtHand:
    """The broker's answer: partition 0 ends at 25 and is scored to 20, nothing was ever scored of 1."""

    def __init__(self) -> None:
        self.answer = LagNow({0: 20}, {0: 25, 1: 0}, DAY)

    def now(self) -> LagNow:
        return self.answer


@pytest.fixture
def lag() -> LagAtHand:
    return LagAtHand()


@pytest.fixture
def desk(engine: Engine, clock: Clock, worker: WorkerAtHand, models: ModelsAtHand, lag: LagAtHand) -> Desk:
    cards = CardTokens("card", b"a secret of enough length")
    return Desk(engine, Settings(), cards, worker, models, lag, clock)


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    add_users(desk)
    return build_app(desk)


def add_users(desk: Desk) -> None:
    """A user of every role, called like it, all with the same password."""
    with desk.unit() as unit:
        for role in Role:
            unit.users.add(User(name=role, role=role, password_hash=QUICK_HASH, created_at=DAY))
        unit.commit()


class Person:
    """A browser with a session: paths below /api/v1, the CSRF header as it should be."""

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


@pytest.fixture
def person(app: FastAPI) -> Callable[[str], Person]:
    """Signs somebody in: person("analyst")."""
    return lambda name: Person(app, name)


@pytest.fixture
def stored(desk: Desk, app: FastAPI) -> None:
    """What `add_stored` adds, beside the users."""
    add_stored(desk)


def add_stored(desk: Desk) -> None:
    """Ten alerted transactions of one card: tx-0, of 10.00, to tx-9, of 100.00, which surprises most."""
    with desk.unit() as unit:
        unit.transactions.add_many(scored_row(n) for n in range(10))
        unit.alerts.add_many(alert_row(n) for n in range(10))
        unit.commit()


def scored_row(n: int, *, card: str = CARD) -> tuple[object, ...]:
    """A row of scored transactions: tx-n."""
    entities = json.dumps({"card": card, "merchant": f"shop-{n % 3}"})
    features = np.zeros(46, "<f4").tobytes()
    amount, surprise = 10.0 * (n + 1), 3.0 + n / 10
    time = DAY + n
    scores = (surprise, 10**-surprise, 1, 0, "base", 7)
    return (0, n, f"tx-{n}", time, time, amount, "EUR", 5411, entities, features, *scores)


def alert_row(n: int, *, card: str = CARD, words: str = "amount: 8 times the usual") -> tuple[object, ...]:
    """A row of alerts: that of tx-n."""
    amount, surprise = 10.0 * (n + 1), 3.0 + n / 10
    body = {
        "transaction_id": f"tx-{n}",
        "currency": "EUR",
        "tail": 10**-surprise,
        "decision": "review",
        "control_offset": 7,
        "entities": {"card": card, "merchant": f"shop-{n % 3}"},
        "reasons": [{"feature": "log_amount", "value": 1.5, "push": 0.5, "words": words}],
    }
    queued = (amount, surprise, priority_of(surprise, amount), "base", card)
    return (0, n, f"tx-{n}", DAY + n, json.dumps(body), *queued)
