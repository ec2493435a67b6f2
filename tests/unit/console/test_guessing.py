"""Guessed passwords: what a stranger learns, costs others, and can block."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from console.access import passwords
from console.access.rights import Role
from console.context import ConsoleContext
from console.errors import Busy
from storage.users import User
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import PASSWORD, Person
from tests.unit.console.stored_rows import DAY

RIGHT = {"name": "analyst", "password": PASSWORD}
WRONG = {"name": "analyst", "password": "wrong"}
FREE = 3
"""Tries before the delays begin."""
NEARBY = "192.0.2.8"


def writes_at_once(engine: Engine) -> bool:
    """Whether a writer gets the write lock without waiting."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except Exception:
            return False
        cursor.execute("ROLLBACK")
        return True
    finally:
        raw.invalidate()


@pytest.fixture
def seen_while_hashing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Collect, for each verified password, whether a writer could write meanwhile."""
    seen: list[bool] = []
    real = passwords._HASHER.verify

    class Watched:
        hash = staticmethod(passwords._HASHER.hash)

        @staticmethod
        def verify(stored: str, password: str) -> bool:
            seen.append(writes_at_once(engine))
            return real(stored, password)

    monkeypatch.setattr(passwords, "_HASHER", Watched)
    return seen


def test_no_writer_waits_for_a_password_to_be_verified(
    app: FastAPI, person: Callable[[str], Person], seen_while_hashing: list[bool]
) -> None:
    ada = person("analyst")
    Person(app).post("/session", WRONG)
    Person(app).post("/session", {"name": "no such user", "password": "wrong"})
    ada.post("/session/password", {"old": "wrong", "new": "another long passphrase"})
    ada.post("/session/password", {"old": PASSWORD, "new": "another long passphrase"})
    assert seen_while_hashing == [True] * 5


def test_a_burst_of_sign_ins_hashes_two_at_a_time_and_turns_the_rest_away(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most, gate = 0, 0, threading.Condition()
    go_on = threading.Event()

    class Slow:
        @staticmethod
        def verify(stored: str, password: str) -> bool:
            nonlocal running, most
            with gate:
                running += 1
                most = max(most, running)
            go_on.wait(10)
            with gate:
                running -= 1
            return True

    monkeypatch.setattr(passwords, "_HASHER", Slow)
    outcomes: list[bool] = []

    def verify() -> None:
        try:
            outcomes.append(passwords.is_password("stored", PASSWORD))
        except Busy:
            outcomes.append(False)
            if outcomes.count(False) == 4:
                go_on.set()

    threads = [threading.Thread(target=verify) for _ in range(passwords.ADMITTED + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == passwords.AT_ONCE
    assert sorted(outcomes) == [False] * 4 + [True] * passwords.ADMITTED


def test_a_known_and_an_unknown_name_are_answered_alike_however_often_they_are_tried(app: FastAPI) -> None:
    answers: list[list[tuple[object, ...]]] = []
    for name in ("analyst", "no such user"):
        visitor = Person(app, address=f"192.0.2.{len(answers) + 1}")
        tries = [visitor.post("/session", {"name": name, "password": "wrong"}) for _ in range(8)]
        answers.append([(one.status_code, one.json(), one.headers.get("retry-after")) for one in tries])
    assert answers[0] == answers[1]
    assert [status for status, *_ in answers[0]][: FREE + 1] == [401] * FREE + [429]


def test_a_password_is_verified_for_an_unknown_name_too(app: FastAPI, seen_while_hashing: list[bool]) -> None:
    Person(app).post("/session", {"name": "no such user", "password": "wrong"})
    assert len(seen_while_hashing) == 1


def test_a_stranger_cannot_lock_a_user_out(app: FastAPI) -> None:
    stranger = Person(app)
    for _ in range(12):
        stranger.post("/session", WRONG)
    assert stranger.post("/session", RIGHT).status_code == 429
    assert Person(app, address=NEARBY).post("/session", RIGHT).status_code == 200


def test_tries_for_a_name_are_delayed_longer_and_longer(app: FastAPI, clock: Clock) -> None:
    visitor = Person(app)
    for _ in range(FREE):
        assert visitor.post("/session", WRONG).status_code == 401
    waits = []
    for _ in range(4):
        refused = visitor.post("/session", WRONG)
        assert refused.status_code == 429
        waits.append(int(refused.headers["retry-after"]))
    assert waits == sorted(waits)
    assert waits[0] == 1
    clock.now += 300
    assert visitor.post("/session", RIGHT).status_code == 200
    assert visitor.post("/session", WRONG).status_code == 401  # the right password has cleared the name


def test_tries_that_come_too_early_count_against_the_address(app: FastAPI) -> None:
    visitor = Person(app)
    statuses = [visitor.post("/session", WRONG).json()["detail"]["where"] for _ in range(31)]
    assert statuses[:FREE] == ["name, password"] * FREE
    assert statuses[FREE:30] == ["name"] * (30 - FREE)
    assert statuses[30] == "address"


def test_a_user_of_the_provider_has_no_password_by_any_way(
    person: Callable[[str], Person], app: FastAPI, context: ConsoleContext
) -> None:
    with context.unit() as unit:
        joined = unit.users.add(
            User(name="ada@bank.example", role=Role.ANALYST, subject="https://provider 17", created_at=DAY)
        )
        old = unit.users.by_name("viewer")
        assert old is not None
        old.subject = "https://provider 18"  # has a password from before
        unit.commit()
        number = joined.id
    admin = person("admin")
    refused = admin.ask("PATCH", f"/users/{number}", json={"password": "a long passphrase"})
    assert refused.status_code == 409
    assert Person(app).post("/session", {"name": "viewer", "password": PASSWORD}).status_code == 401


def test_a_user_of_the_provider_cannot_set_their_own_password(
    person: Callable[[str], Person], context: ConsoleContext
) -> None:
    ada = person("analyst")
    with context.unit() as unit:
        user = unit.users.by_name("analyst")
        assert user is not None
        user.subject, user.password_hash = "https://provider 17", None
        unit.commit()
    answer = ada.post("/session/password", {"new": "a long passphrase"})
    assert answer.status_code == 409
    assert "OpenID provider" in answer.json()["detail"]["what"]
