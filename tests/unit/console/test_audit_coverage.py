"""Every operation of the API that changes something leaves an audit entry; the list comes from OpenAPI.

A new operation without a valid request in REQUESTS, or without a reason in UNAUDITED, fails here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from console.access.rights import Role, Scope
from console.context import ConsoleContext
from console.server import PREFIX, build_app
from storage.episodes import WAITING
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import PASSWORD, Person
from tests.unit.console.stored_rows import DAY, add_stored, announce_list, announce_rule
from tests.unit.console.test_episodes import add_episode
from tests.unit.console.test_second_factor import code_of
from tests.unit.console.test_webhooks import add_failed_delivery

NAME = {"name": "new", "role": "viewer"}
REQUESTS: dict[str, tuple[str, object]] = {
    "POST /session": ("/session", {"name": "viewer", "password": PASSWORD}),
    "DELETE /session": ("/session", None),
    "POST /session/password": ("/session/password", {"old": PASSWORD, "new": "another long passphrase"}),
    "DELETE /sessions": ("/sessions", None),
    "DELETE /sessions/{session_id}": ("/sessions/{session}", None),
    "POST /session/second-factor": ("/session/second-factor", {"password": PASSWORD}),
    "POST /session/second-factor/confirm": ("/session/second-factor/confirm", {"code": "{code}"}),
    "POST /session/second-factor/remove": ("/session/second-factor/remove", {"code": "{recovery}"}),
    "POST /alerts/decide": ("/alerts/decide", {"ids": [1], "verdict": "fraud"}),
    "POST /alerts/assign": ("/alerts/assign", {"ids": [1], "assignee": "lead"}),
    "POST /alerts/snooze": ("/alerts/snooze", {"ids": [1], "until": DAY + 90_000}),
    "POST /transactions/{transaction_id}/notes": ("/transactions/tx-1/notes", {"text": "seen"}),
    "POST /transactions/{transaction_id}/reveal": ("/transactions/tx-1/reveal", None),
    "POST /episodes": ("/episodes", {"name": "gifts", "ids": ["tx-5", "tx-6"]}),
    "POST /episodes/{name}/matches": ("/episodes/e-1/matches", {"confirm": ["tx-3"]}),
    "POST /episodes/{name}/approve": ("/episodes/e-1/approve", {}),
    "POST /episodes/{name}/reject": ("/episodes/e-1/reject", {"note": "no"}),
    "POST /episodes/{name}/retire": ("/episodes/e-1/retire", {}),
    "POST /episodes/{name}/rollback": ("/episodes/e-1/rollback", {}),
    "POST /labels": ("/labels", {"ids": ["tx-1"], "verdict": "fraud"}),
    "POST /control-entries/{control_offset}/rollback": ("/control-entries/9/rollback", {}),
    "PUT /lists/{name}": ("/lists/watched", {"of": "merchant"}),
    "POST /lists/{name}/values": ("/lists/watched/values", {"values": ["m1"]}),
    "POST /lists/{name}/values/remove": ("/lists/watched/values/remove", {"values": ["m1"]}),
    "POST /lists/{name}/import": ("/lists/watched/import", {"csv": "value\nm1\n"}),
    "POST /lists/{name}/remove": ("/lists/watched/remove", {}),
    "POST /suppressions": ("/suppressions", {"entity": "merchant", "key": "m1"}),
    "POST /suppressions/{identity}/lift": ("/suppressions/0123456789abcdef/lift", {}),
    "PUT /rules/{rule_id}": ("/rules/large", {"condition": "amount > 5", "action": "review"}),
    "POST /rules/{rule_id}/mode": ("/rules/large/mode", {"mode": "live", "percent": 10}),
    "POST /rules/{rule_id}/remove": ("/rules/large/remove", {}),
    "POST /rules/{rule_id}/rollback": ("/rules/large/rollback", {}),
    "PUT /decision-policy": ("/decision-policy", {"otherwise": {"decline_from": 5.0}}),
    "POST /decision-policy/accept": ("/decision-policy/accept", {"seen": "0" * 64}),
    "POST /decision-policy/reject": ("/decision-policy/reject", {}),
    "POST /decision-policy/remove": ("/decision-policy/remove", {}),
    "POST /decision-policy/rollback": ("/decision-policy/rollback", {}),
    "POST /cases": ("/cases", {"title": "ring", "ids": [1]}),
    "PATCH /cases/{case_id}": ("/cases/{case}", {"title": "other"}),
    "POST /cases/{case_id}/merge": ("/cases/{case}/merge", {"into": "{other}"}),
    "POST /cases/{case_id}/unmerge": ("/cases/{merged}/unmerge", None),
    "POST /cases/{case_id}/alerts": ("/cases/{case}/alerts", {"ids": [2]}),
    "POST /cases/{case_id}/notes": ("/cases/{case}/notes", {"text": "seen"}),
    "POST /cases/{case_id}/links": ("/cases/{case}/links", {"url": "https://bank.example/1"}),
    "PUT /policy": ("/policy", {"alert_rate": 0.002}),
    "POST /policy/proposals/{proposal_id}/approve": ("/policy/proposals/{proposal}/approve", {}),
    "POST /policy/proposals/{proposal_id}/reject": ("/policy/proposals/{proposal}/reject", {}),
    "POST /users": ("/users", NAME),
    "PATCH /users/{user_id}": ("/users/{user}", {"role": "lead"}),
    "POST /tokens": ("/tokens", {"name": "new", "scopes": ["read"]}),
    "DELETE /tokens/{token_id}": ("/tokens/{token}", None),
    "POST /webhooks/deliveries/{delivery_id}/retry": ("/webhooks/deliveries/1/retry", None),
    "GET /audit/export": ("/audit/export", None),
    "GET /cases/export": ("/cases/export", None),
    "GET /lists/{name}/export": ("/lists/stolen/export", None),
    "GET /evidence": ("/evidence?subject=rule/large", None),
}
UNAUDITED = {
    "PUT /views": "a viewer's own filters",
    "DELETE /views": "a viewer's own filters",
    "POST /episodes/preview": "changes nothing",
    "POST /what-if": "changes nothing",
    "POST /decision-policy/preview": "changes nothing",
    "POST /rules/check": "changes nothing",
    "POST /rules/preview": "changes nothing",
    "POST /rules/suggest": "changes nothing",
    "POST /rules/test": "changes nothing",
}
READING_AUDITED = {"GET /audit/export", "GET /cases/export", "GET /evidence", "GET /lists/{name}/export"}
"""Reads that take data out of the console."""


def changing() -> set[str]:
    """Return every operation of the API's description that is not a read."""
    described = FastAPI.openapi(build_app(None))
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, operations in described["paths"].items()
        for method in operations
        if method != "get"
    }


def test_every_operation_that_changes_something_is_listed() -> None:
    assert changing() == set(REQUESTS) - READING_AUDITED | set(UNAUDITED)


@pytest.fixture
def admin(context: ConsoleContext, app: FastAPI) -> Person:
    add_stored(context)
    add_episode(context, WAITING)
    add_failed_delivery(context)
    announce_rule(context, 1, "large", "amount > 5")
    announce_list(context, 2, "stolen", "m1")
    return Person(app, "admin")


def filled(admin: Person, app: FastAPI, clock: Clock, route: str) -> dict[str, str]:
    """Make what the request of a route names, and return the ids."""
    made: dict[str, Callable[[], object]] = {
        "case": lambda: admin.post("/cases", {"title": "ring", "ids": [1]}).json()["id"],
        "other": lambda: admin.post("/cases", {"title": "other"}).json()["id"],
        "merged": lambda: _merged(admin),
        "token": lambda: admin.post("/tokens", {"name": "t", "scopes": [*Scope]}).json()["row"]["id"],
        "user": lambda: admin.post("/users", NAME).json()["user"]["id"],
        "proposal": lambda: _proposal(admin, app),
        "session": lambda: _other_session(admin, app),
        "code": lambda: code_of(_begun(admin), clock.now),
        "recovery": lambda: _recovery(admin, clock),
    }
    path, body = REQUESTS[route]
    return {name: str(make()) for name, make in made.items() if f"{{{name}}}" in f"{path} {body}"}


def _merged(admin: Person) -> int:
    one, two = (int(admin.post("/cases", {"title": title}).json()["id"]) for title in ("one", "two"))
    admin.post(f"/cases/{one}/merge", {"into": two})
    return one


def _begun(admin: Person) -> str:
    return str(admin.post("/session/second-factor", {"password": PASSWORD}).json()["secret"])


def _recovery(admin: Person, clock: Clock) -> str:
    code = code_of(_begun(admin), clock.now)
    return str(admin.post("/session/second-factor/confirm", {"code": code}).json()["codes"][0])


def _proposal(admin: Person, app: FastAPI) -> int:
    """Another administrator proposes a policy under four eyes."""
    admin.post("/users", {"name": "second", "role": Role.ADMIN, "password": PASSWORD})
    second = Person(app, "second")
    admin.ask("PUT", "/policy", json={"four_eyes": True})
    return int(second.ask("PUT", "/policy", json={"alert_rate": 0.002}).json()["proposed"]["id"])


def _other_session(admin: Person, app: FastAPI) -> str:
    Person(app, "admin")
    return str(next(row["id"] for row in admin.get("/sessions").json()["rows"] if not row["here"]))


@pytest.mark.parametrize("route", sorted(REQUESTS))
def test_the_operation_leaves_an_audit_entry(
    route: str, admin: Person, app: FastAPI, context: ConsoleContext, clock: Clock
) -> None:
    ids = filled(admin, app, clock, route)
    path, body = REQUESTS[route]
    before = _entries(context)
    answer = admin.ask(route.split()[0], path.format(**ids), json=_with_ids(body, ids))
    assert answer.status_code < 400, answer.text
    added = _entries(context)[len(before) :]
    assert added, f"{route} left no audit entry"
    assert {actor for actor, _ in added} <= {"admin", "viewer"}


def _with_ids(body: object, ids: dict[str, str]) -> Any:
    if not isinstance(body, dict):
        return body
    return {name: value.format(**ids) if isinstance(value, str) else value for name, value in body.items()}


def _entries(context: ConsoleContext) -> list[tuple[str, str]]:
    with context.unit(reads_only=True) as unit:
        return [(one.actor, one.action) for one in unit.audit._entries()]
