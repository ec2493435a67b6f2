"""The second factor: codes of an authenticator app, recovery codes, and the setting that requires it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from fastapi import FastAPI

from console.access.second_factor import MOST_WRONG, step_of_code
from console.context import ConsoleContext
from console.server import build_app
from settings import ConsoleSettings, Settings
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import PASSWORD, Person

Sign = Callable[[str], Person]
RIGHT = {"name": "analyst", "password": PASSWORD}
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


def code_of(secret: str, at: float) -> str:
    """What an authenticator app shows."""
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(at)).decode()


@pytest.fixture
def enrolled(person: Sign, clock: Clock) -> tuple[str, list[str]]:
    """Set up a second factor for the analyst; return secret and recovery codes."""
    ada = person("analyst")
    begun = ada.post("/session/second-factor", {"password": PASSWORD}).json()
    assert begun["address"].startswith("otpauth://totp/")
    confirmed = ada.post("/session/second-factor/confirm", {"code": code_of(begun["secret"], clock.now)})
    assert confirmed.status_code == 200, confirmed.text
    clock.now += 60
    return begun["secret"], confirmed.json()["codes"]


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    assert step_of_code(RFC_SECRET, code, after=0, now=at) == at // 30


def test_a_password_alone_no_longer_signs_in(
    app: FastAPI, enrolled: tuple[str, list[str]], clock: Clock
) -> None:
    secret, _ = enrolled
    asked = Person(app).post("/session", RIGHT)
    assert (asked.status_code, asked.json()["detail"]["where"]) == (401, "code")
    assert Person(app).post("/session", RIGHT | {"code": "000000"}).status_code == 401
    code = code_of(secret, clock.now)
    assert Person(app).post("/session", RIGHT | {"code": f"{code[:3]} {code[3:]}"}).status_code == 200


def test_without_the_password_a_code_is_never_asked_for(
    app: FastAPI, enrolled: tuple[str, list[str]]
) -> None:
    answers = [
        Person(app).post("/session", {"name": name, "password": "wrong"}).json()
        for name in ("analyst", "no such user")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["detail"]["where"] == "name, password"


def test_a_code_signs_in_once(app: FastAPI, enrolled: tuple[str, list[str]], clock: Clock) -> None:
    right = RIGHT | {"code": code_of(enrolled[0], clock.now)}
    assert Person(app).post("/session", right).status_code == 200
    assert Person(app).post("/session", right).status_code == 401
    clock.now += 30
    assert Person(app).post("/session", right).status_code == 401


def test_a_recovery_code_signs_in_once(app: FastAPI, enrolled: tuple[str, list[str]], person: Sign) -> None:
    codes = enrolled[1]
    assert len(set(codes)) == 10
    first = Person(app)
    assert first.post("/session", RIGHT | {"code": codes[0].upper()}).status_code == 200
    assert first.get("/session/second-factor").json()["recovery_codes"] == 9
    assert Person(app).post("/session", RIGHT | {"code": codes[0]}).status_code == 401


def test_wrong_codes_are_limited_over_all_addresses(
    app: FastAPI, enrolled: tuple[str, list[str]], clock: Clock
) -> None:
    for number in range(MOST_WRONG):
        Person(app, address=f"198.51.100.{number}").post("/session", RIGHT | {"code": "000000"})
    right = RIGHT | {"code": code_of(enrolled[0], clock.now)}
    refused = Person(app, address="203.0.113.1").post("/session", right)
    assert refused.json()["detail"]["what"].startswith("too many wrong codes")
    clock.now += 900
    right = RIGHT | {"code": code_of(enrolled[0], clock.now)}
    assert Person(app, address="203.0.113.2").post("/session", right).status_code == 200


def test_a_stolen_session_can_neither_add_nor_remove_a_second_factor(
    person: Sign, app: FastAPI, clock: Clock
) -> None:
    ada = person("analyst")
    assert ada.post("/session/second-factor", {"password": "wrong"}).status_code == 401
    begun = ada.post("/session/second-factor", {"password": PASSWORD}).json()
    other = Person(app, "analyst")
    ada.post("/session/second-factor/confirm", {"code": code_of(begun["secret"], clock.now)})
    assert other.get("/session").status_code == 401  # other sessions end
    assert ada.post("/session/second-factor/remove", {"code": "000000"}).status_code == 401
    assert ada.post("/session/second-factor", {"password": PASSWORD}).status_code == 409


def test_the_factor_is_removed_with_a_code_or_by_an_administrator(
    person: Sign, app: FastAPI, enrolled: tuple[str, list[str]]
) -> None:
    admin = person("admin")
    row = next(one for one in admin.get("/users").json()["rows"] if one["name"] == "analyst")
    assert row["second_factor"] is True
    changed = admin.ask("PATCH", f"/users/{row['id']}", json={"remove_second_factor": True})
    assert changed.json()["second_factor"] is False
    assert Person(app, "analyst").csrf


def test_only_a_sealed_secret_and_digests_are_stored(
    context: ConsoleContext, enrolled: tuple[str, list[str]]
) -> None:
    with context.unit(reads_only=True) as unit:
        connection = unit.session.connection().connection.driver_connection
        assert connection is not None
        stored = "\n".join(connection.iterdump())
    assert enrolled[0] not in stored
    assert not any(code in stored for code in enrolled[1])


def test_where_it_is_required_a_user_does_nothing_before_it_is_set_up(
    context: ConsoleContext, app: FastAPI, clock: Clock
) -> None:
    settings = Settings(console=ConsoleSettings(second_factor="required"))
    ada = Person(build_app(replace(context, settings=settings)), "analyst")
    me = ada.get("/session").json()
    assert (me["rights"], me["needs_second_factor"]) == (["signed in"], True)
    assert ada.get("/alerts").status_code == 403
    begun = ada.post("/session/second-factor", {"password": PASSWORD}).json()
    ada.post("/session/second-factor/confirm", {"code": code_of(begun["secret"], clock.now)})
    assert ada.get("/alerts").status_code == 200
