"""Users see and end their own sessions, and an idle session ends by itself."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from console.context import ConsoleContext
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import Person

Sign = Callable[[str], Person]
IDLE_S = 30 * 60.0


def test_a_user_sees_where_they_are_signed_in_and_ends_a_session(person: Sign, app: FastAPI) -> None:
    here, there = person("analyst"), Person(app, "analyst", address="192.0.2.99")
    stranger = person("lead")
    rows = here.get("/sessions").json()["rows"]
    assert {(row["address"], row["here"]) for row in rows} == {("192.0.2.7", True), ("192.0.2.99", False)}
    assert rows[0]["browser"].startswith("python-httpx/")
    other = next(row["id"] for row in rows if not row["here"])
    assert stranger.ask("DELETE", f"/sessions/{other}").status_code == 404
    assert here.ask("DELETE", f"/sessions/{other}").status_code == 204
    assert there.get("/alerts").status_code == 401
    assert here.get("/alerts").status_code == 200


def test_all_other_sessions_end_at_once(person: Sign, app: FastAPI) -> None:
    here, others = person("analyst"), [Person(app, "analyst") for _ in range(2)]
    lead = person("lead")
    assert here.ask("DELETE", "/sessions").status_code == 204
    assert [one.get("/alerts").status_code for one in (here, lead, *others)] == [200, 200, 401, 401]


def test_a_session_in_use_goes_on_and_an_idle_one_ends(person: Sign, clock: Clock) -> None:
    ada = person("analyst")
    for _ in range(4):
        clock.now += IDLE_S - 60
        assert ada.get("/alerts").status_code == 200
    clock.now += IDLE_S
    assert ada.get("/alerts").status_code == 401


def test_an_open_page_does_not_keep_a_session_awake(person: Sign, clock: Clock) -> None:
    ada = person("analyst")
    ada.http.headers["X-Unattended"] = "1"
    for _ in range(2):
        clock.now += IDLE_S / 2 - 1
        assert ada.get("/alerts/newest").status_code == 200
    clock.now += 2
    assert ada.get("/alerts/newest").status_code == 401


def test_reading_writes_a_session_at_most_once_a_minute(
    person: Sign, clock: Clock, context: ConsoleContext
) -> None:
    ada = person("analyst")
    seen = set()
    for _ in range(6):
        clock.now += 20
        ada.get("/alerts")
        seen.add(ada.get("/sessions").json()["rows"][0]["last_seen_at"])
    assert len(seen) == 3
