"""Sign-in and sign-out: passwords, lock-out, one-time links, CSRF, expiry."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from console.access.first_admin import link_for_admin
from console.access.sessions import SESSION_S
from console.context import ConsoleContext
from console.server import build_app
from settings import ConsoleSettings, Settings
from storage.sign_in_failures import SignInFailure
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import Person

RIGHT = {"name": "analyst", "password": "correct horse battery"}


def test_who_signs_in_is_known_until_they_sign_out(person: Callable[[str], Person]) -> None:
    ada = person("analyst")
    me = ada.get("/session").json()
    assert (me["name"], me["role"]) == ("analyst", "analyst")
    assert "decide" in me["rights"]
    assert ada.ask("DELETE", "/session").status_code == 204
    assert ada.get("/session").status_code == 401


def test_a_session_ends_after_its_time(person: Callable[[str], Person], clock: Clock) -> None:
    ada = person("analyst")
    clock.now += SESSION_S
    assert ada.get("/session").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: FastAPI) -> None:
    answer = Person(app).post("/session", {"name": "analyst", "password": "correct horse battery"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # plain HTTP here
    answer = Person(app, origin="https://console").post(
        "/session", {"name": "analyst", "password": "correct horse battery"}
    )
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].startswith("__Host-flagfive_session=")


def test_a_session_over_https_is_known_by_the_cookie_of_this_host_alone(app: FastAPI) -> None:
    ada = Person(app, "analyst", origin="https://console")
    assert ada.get("/session").status_code == 200
    forged = Person(app, origin="https://console")
    forged.http.cookies.set("flagfive_session", ada.http.cookies["__Host-flagfive_session"])  # a neighbour's
    assert forged.get("/session").status_code == 401
    assert ada.ask("DELETE", "/session").status_code == 204
    assert ada.get("/session").status_code == 401


def test_a_wrong_name_and_a_wrong_password_are_told_alike(app: FastAPI) -> None:
    told = [
        Person(app).post("/session", {"name": name, "password": "wrong"})
        for name in ("analyst", "no such user")
    ]
    assert [answer.status_code for answer in told] == [401, 401]
    assert told[0].json() == told[1].json()


NUMBERS = count()
FEW, MINUTES = 3, 15
"""Tries of an address: each costs the time of a hash."""


@pytest.fixture
def strict(context: ConsoleContext, app: FastAPI) -> FastAPI:
    """A console that allows few tries per address."""
    settings = Settings(console=ConsoleSettings(address_failures=FEW, address_minutes=MINUTES))
    return build_app(replace(context, settings=settings))


def fail(visitor: Person, times: int) -> list[int]:
    """Return the statuses of sign-ins with wrong passwords, each with a new name."""
    tries = ({"name": f"somebody-{next(NUMBERS)}", "password": "wrong"} for _ in range(times))
    return [visitor.post("/session", one).status_code for one in tries]


def test_an_address_that_tries_many_names_is_refused_for_a_while(strict: FastAPI, clock: Clock) -> None:
    visitor = Person(strict)
    assert fail(visitor, FEW) == [401] * FEW
    refused = visitor.post("/session", RIGHT)
    assert refused.status_code == 429
    assert refused.json()["detail"] == {
        "what": "too many wrong passwords from 192.0.2.7: try again within 15 minutes",
        "where": "address",
        "allowed": "3 in 15 minutes",
    }
    assert Person(strict, address="192.0.2.8").post("/session", RIGHT).status_code == 200
    clock.now += 60 * MINUTES - 1
    assert visitor.post("/session", RIGHT).status_code == 429  # refused requests did not prolong it
    clock.now += 1
    assert visitor.post("/session", RIGHT).status_code == 200


def test_only_the_failure_that_closes_an_address_says_so_in_the_audit_log(
    strict: FastAPI, context: ConsoleContext
) -> None:
    fail(Person(strict), FEW + 2)
    with context.unit(reads_only=True) as unit:
        told = [entry.details["after"].get("address_delayed_for_s") for entry in unit.audit._entries()]
    assert told == [None] * (FEW - 1) + [60.0 * MINUTES]


def test_a_right_password_does_not_clear_the_address(strict: FastAPI) -> None:
    visitor = Person(strict)
    fail(visitor, FEW - 1)
    assert visitor.post("/session", RIGHT).status_code == 200
    assert fail(visitor, 2) == [401, 429]


def test_nobody_names_their_own_address(strict: FastAPI) -> None:
    visitor = Person(strict)
    for number in range(FEW):
        visitor.http.headers["X-Forwarded-For"] = f"198.51.100.{number}"
        fail(visitor, 1)
    assert visitor.post("/session", RIGHT).status_code == 429


def test_failures_that_no_longer_count_are_not_kept(
    strict: FastAPI, context: ConsoleContext, clock: Clock
) -> None:
    fail(Person(strict), 2)
    clock.now += 60 * MINUTES
    fail(Person(strict, address="192.0.2.8"), 1)
    with context.unit(reads_only=True) as unit:
        assert unit.session.scalars(select(SignInFailure.address)).all() == ["192.0.2.8"]


def test_zero_sets_no_limit(context: ConsoleContext, app: FastAPI) -> None:
    settings = Settings(console=ConsoleSettings(address_failures=0))
    assert fail(Person(build_app(replace(context, settings=settings))), 5) == [401] * 5


def test_a_changing_request_without_the_csrf_token_is_refused(person: Callable[[str], Person]) -> None:
    ada = person("analyst")
    for wrong in ("", "x" * 43):
        ada.csrf = wrong
        assert ada.ask("DELETE", "/session").status_code == 403
    assert ada.get("/session").status_code == 200


def test_the_first_link_makes_an_admin_and_works_once(context: ConsoleContext, app: FastAPI) -> None:
    assert link_for_admin(context.engine, now=context.clock(), always=False) is None  # users exist
    secret = link_for_admin(context.engine, now=context.clock(), always=True)
    visitor = Person(app)
    answer = visitor.get("/session/once", token=secret)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert visitor.get("/session").json()["role"] == "admin"
    assert Person(app).get("/session/once", token=secret).status_code == 401


def test_a_link_is_worthless_after_an_hour(context: ConsoleContext, app: FastAPI, clock: Clock) -> None:
    secret = link_for_admin(context.engine, now=context.clock(), always=True)
    clock.now += 3_600
    assert Person(app).get("/session/once", token=secret).status_code == 401


def test_only_digests_of_secrets_are_stored(context: ConsoleContext, app: FastAPI) -> None:
    visitor = Person(app, "lead")
    secret = visitor.http.cookies["flagfive_session"]
    with context.unit(reads_only=True) as unit:
        connection = unit.session.connection().connection.driver_connection
        assert connection is not None
        assert secret not in "\n".join(connection.iterdump())


def test_signing_in_and_failing_to_are_in_the_audit_log(context: ConsoleContext, app: FastAPI) -> None:
    Person(app, "lead")
    Person(app).post("/session", {"name": "lead", "password": "wrong"})
    with context.unit(reads_only=True) as unit:
        entries = list(unit.audit._entries())
    assert [(e.actor, e.action, e.details["from"]) for e in entries] == [
        ("lead", "sign in", "192.0.2.7"),
        ("lead", "sign in failed", "192.0.2.7"),
    ]


def test_what_is_no_json_is_told_and_not_echoed(app: FastAPI) -> None:
    visitor = Person(app)
    broken = visitor.send("POST", "/api/v1/session", content=b"\x80")
    wrong = visitor.post("/session", {"name": "ada", "password": "s3cret" * 100})
    assert (broken.status_code, wrong.status_code) == (422, 422)
    assert "s3cret" not in wrong.text
