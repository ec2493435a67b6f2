"""Wrong tokens, missing rights and downloads are in the audit log, without filling it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from console.access.refusals import MOST_IN_WINDOW, RefusalLog
from console.access.viewer import Viewer
from console.context import ConsoleContext
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import Person

Sign = Callable[[str], Person]


def entries(context: ConsoleContext, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    with context.unit(reads_only=True) as unit:
        found = [one for one in unit.audit._entries() if one.action == action]
        return [(one.actor, one.subject, one.details["after"]) for one in found]


def test_a_wrong_token_is_noted_without_what_was_sent(
    app: FastAPI, context: ConsoleContext, clock: Clock
) -> None:
    machine = Person(app)
    machine.http.headers["Authorization"] = "Bearer nonsense"
    for _ in range(5):
        assert machine.get("/alerts").status_code == 401
    clock.now += 60
    machine.get("/alerts")
    assert entries(context, "wrong token") == [
        ("unknown", "Authorization", {}),
        ("unknown", "Authorization", {"more_since_last_entry": 4}),
    ]


def test_a_right_that_is_missing_is_noted(person: Sign, context: ConsoleContext) -> None:
    ada = person("viewer")
    assert ada.get("/users").status_code == 403
    assert entries(context, "refused") == [("viewer", "GET /api/v1/users", {"right": "audit"})]


def test_many_senders_cannot_fill_the_log(context: ConsoleContext, app: FastAPI, clock: Clock) -> None:
    log = RefusalLog(context)
    for number in range(200):
        log.add(Viewer("unknown", frozenset(), f"2001:db8::{number:x}"), "wrong token", "Authorization")
    assert len(entries(context, "wrong token")) == MOST_IN_WINDOW


def test_downloads_are_noted_with_their_filters(person: Sign, context: ConsoleContext) -> None:
    person("auditor").get("/audit/export", actor="ada", format="json")
    person("analyst").get("/cases/export", status="open")
    assert entries(context, "export") == [
        ("auditor", "audit log", {"actor": "ada", "format": "json"}),
        ("analyst", "cases", {"status": "open", "owner": None, "overdue": False, "format": "csv"}),
    ]


def test_a_token_expires_after_90_days_unless_another_time_is_chosen(
    person: Sign, app: FastAPI, clock: Clock
) -> None:
    admin = person("admin")
    made = admin.post("/tokens", {"name": "feed", "scopes": ["read"]}).json()
    assert made["row"]["expires_at"] == clock.now + 90 * 86_400
    machine = Person(app)
    machine.http.headers["Authorization"] = f"Bearer {made['token']}"
    assert machine.get("/alerts").status_code == 200
    clock.now += 90 * 86_400
    assert machine.get("/alerts").status_code == 401
