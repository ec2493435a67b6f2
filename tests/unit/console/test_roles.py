"""Every API route with every role, from the API's own description; a route without a rule here fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from console.access.administration import add_token
from console.access.rights import Role, Scope
from console.access.viewer import Viewer
from console.card_tokens import CardTokens
from console.context import ConsoleContext
from console.server import PREFIX, build_app
from settings import Settings
from storage import open_engine
from tests.unit.console.at_hand import Clock, LagAtHand, ModelsAtHand, WorkerAtHand
from tests.unit.console.people import Person, add_users

SIGNED_OUT = "signed out"
MACHINE = "machine"
EVERY_VIEWER = {*Role, MACHINE, SIGNED_OUT}
PEOPLE = {*Role}
READERS = {*Role, MACHINE}
ANALYSTS = {Role.ANALYST, Role.LEAD, Role.ADMIN}
FLAGGERS = {*ANALYSTS, MACHINE}
LEADS = {Role.LEAD, Role.ADMIN}
AUDITORS = {Role.AUDITOR, Role.ADMIN}
ADMINS = {Role.ADMIN}

MAY = {
    "POST /session": EVERY_VIEWER,
    "GET /session/once": EVERY_VIEWER,
    "GET /session/ways": EVERY_VIEWER,
    "GET /session/provider": EVERY_VIEWER,
    "GET /session/provider/back": EVERY_VIEWER,
    "GET /session": PEOPLE,
    "DELETE /session": PEOPLE,
    "POST /session/password": PEOPLE,
    "GET /sessions": PEOPLE,
    "DELETE /sessions": PEOPLE,
    "DELETE /sessions/{session_id}": PEOPLE,
    "GET /session/second-factor": PEOPLE,
    "POST /session/second-factor": PEOPLE,
    "POST /session/second-factor/confirm": PEOPLE,
    "POST /session/second-factor/remove": PEOPLE,
    "GET /views": PEOPLE,
    "PUT /views": PEOPLE,
    "DELETE /views": PEOPLE,
    "GET /alerts": READERS,
    "GET /alerts/newest": READERS,
    "POST /alerts/decide": ANALYSTS,
    "POST /alerts/assign": ANALYSTS,
    "POST /alerts/snooze": ANALYSTS,
    "GET /transactions": READERS,
    "GET /transactions/{transaction_id}": READERS,
    "GET /transactions/{transaction_id}/scores": READERS,
    "POST /transactions/{transaction_id}/notes": ANALYSTS,
    "POST /transactions/{transaction_id}/reveal": ANALYSTS,
    "GET /entities/{kind}/{key}": READERS,
    "GET /entities/{kind}/{key}/links": READERS,
    "GET /cases/{case_id}/entity-links": READERS,
    "GET /episodes": READERS,
    "GET /episodes/{name}": READERS,
    "POST /episodes": FLAGGERS,
    "POST /episodes/preview": FLAGGERS,
    "POST /episodes/{name}/matches": FLAGGERS,
    "POST /episodes/{name}/approve": LEADS,
    "POST /episodes/{name}/reject": LEADS,
    "POST /episodes/{name}/retire": LEADS,
    "POST /episodes/{name}/rollback": LEADS,
    "POST /labels": FLAGGERS,
    "GET /detectors": READERS,
    "GET /detectors/bases": READERS,
    "GET /detectors/compare": READERS,
    "GET /detectors/{detector_id}": READERS,
    "GET /control-entries": READERS,
    "POST /control-entries/{control_offset}/rollback": LEADS,
    "GET /lists": READERS,
    "GET /lists/{name}": READERS,
    "GET /lists/{name}/values": READERS,
    "GET /lists/{name}/export": LEADS,
    "PUT /lists/{name}": LEADS,
    "POST /lists/{name}/values": LEADS,
    "POST /lists/{name}/values/remove": LEADS,
    "POST /lists/{name}/import": LEADS,
    "POST /lists/{name}/remove": LEADS,
    "GET /suppressions": READERS,
    "POST /suppressions": LEADS,
    "POST /suppressions/{identity}/lift": LEADS,
    "GET /decision-policy": READERS,
    "POST /decision-policy/preview": FLAGGERS,
    "PUT /decision-policy": LEADS,
    "POST /decision-policy/accept": LEADS,
    "POST /decision-policy/reject": LEADS,
    "POST /decision-policy/remove": LEADS,
    "POST /decision-policy/rollback": LEADS,
    "GET /rules": READERS,
    "GET /rules/names": READERS,
    "POST /rules/check": READERS,
    "POST /rules/preview": FLAGGERS,
    "POST /rules/suggest": FLAGGERS,
    "POST /rules/test": READERS,
    "GET /rules/{rule_id}": READERS,
    "PUT /rules/{rule_id}": LEADS,
    "POST /rules/{rule_id}/mode": LEADS,
    "POST /rules/{rule_id}/remove": LEADS,
    "POST /rules/{rule_id}/rollback": LEADS,
    "GET /monitoring": READERS,
    "GET /monitoring/learning": READERS,
    "GET /monitoring/business": READERS,
    "POST /what-if": FLAGGERS,
    "GET /what-if": READERS,
    "GET /cases": READERS,
    "GET /cases/export": READERS,
    "GET /cases/{case_id}": READERS,
    "POST /cases": ANALYSTS,
    "PATCH /cases/{case_id}": ANALYSTS,
    "POST /cases/{case_id}/alerts": ANALYSTS,
    "POST /cases/{case_id}/merge": ANALYSTS,
    "POST /cases/{case_id}/unmerge": ANALYSTS,
    "POST /cases/{case_id}/notes": ANALYSTS,
    "POST /cases/{case_id}/links": ANALYSTS,
    "GET /policy": READERS,
    "PUT /policy": ADMINS,
    "POST /policy/proposals/{proposal_id}/approve": ADMINS,
    "POST /policy/proposals/{proposal_id}/reject": ADMINS,
    "GET /approvals": READERS,
    "GET /inventory": READERS,
    "GET /first-steps": READERS,
    "GET /evidence": AUDITORS,
    "GET /users": AUDITORS,
    "POST /users": ADMINS,
    "PATCH /users/{user_id}": ADMINS,
    "GET /webhooks/deliveries": AUDITORS,
    "POST /webhooks/deliveries/{delivery_id}/retry": ADMINS,
    "GET /tokens": AUDITORS,
    "POST /tokens": ADMINS,
    "DELETE /tokens/{token_id}": ADMINS,
    "GET /audit": AUDITORS,
    "GET /audit/export": AUDITORS,
    "GET /audit/verify": AUDITORS,
}
ANYTHING = {"control_offset": "9", "case_id": "9", "user_id": "999", "token_id": "9", "proposal_id": "9"}
"""Values of path parameters that are numbers; text stands for the others."""


@pytest.fixture(scope="module")
def served(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleContext]:
    """A context for all tests of this file: no test depends on the actions of another."""
    file = tmp_path_factory.mktemp("roles") / "console.sqlite"
    shutil.copy(empty_database, file)
    engine = open_engine(f"sqlite:///{file}")
    cards, worker = CardTokens("card", b"0" * 16), WorkerAtHand(engine)
    context = ConsoleContext(engine, Settings(), cards, worker, ModelsAtHand(), LagAtHand(), Clock())
    add_users(context)
    yield context
    engine.dispose()


@pytest.fixture(scope="module")
def callers(served: ConsoleContext) -> dict[str, Person]:
    """A signed-in user of every role, a machine with every scope, and a visitor who is not signed in."""
    app = build_app(served)
    people = {str(role): Person(app, role) for role in Role}
    starter = Viewer("test", frozenset(), "here")
    machine = Person(app)
    machine.http.headers["Authorization"] = (
        f"Bearer {add_token(served, starter, 'feed', [*Scope], None).token}"
    )
    return {**people, MACHINE: machine, SIGNED_OUT: Person(app)}


def routes() -> list[str]:
    """Return method and path of every operation in the API's description."""
    described = FastAPI.openapi(build_app(None))
    return [
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, operations in described["paths"].items()
        for method in operations
    ]


@pytest.mark.parametrize("route", routes())
def test_a_route_lets_in_who_may_and_nobody_else(
    route: str, callers: dict[str, Person], served: ConsoleContext
) -> None:
    assert route in MAY, f"{route} has no rule: say here who may use it"
    method, path = route.split(" ")
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, ANYTHING.get(part.strip("{}"), "anything"))
    for name, caller in callers.items():
        if route == "DELETE /session" and name in PEOPLE:
            caller = Person(build_app(served), name)  # later calls need the other sessions
        status = caller.ask(method, path, json={} if method != "GET" else None).status_code
        assert (status not in (401, 403)) == (name in MAY[route]), f"{name}: {status}"
        if name not in MAY[route]:
            assert status == (401 if name == SIGNED_OUT else 403), name


def test_every_rule_is_of_a_route_that_exists() -> None:
    assert set(MAY) == set(routes())


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope != Scope.DECISIONS])
def test_a_token_reaches_as_far_as_its_scopes(scope: Scope, served: ConsoleContext) -> None:
    starter = Viewer("test", frozenset(), "here")
    machine = Person(build_app(served))
    token = add_token(served, starter, f"only {scope}", [scope], None).token
    machine.http.headers["Authorization"] = f"Bearer {token}"
    tried = {
        Scope.READ: machine.get("/alerts"),
        Scope.LABELS: machine.post("/labels", {}),
        Scope.EPISODES: machine.post("/episodes", {}),
    }
    assert {one for one, answer in tried.items() if answer.status_code != 403} == {scope}


def test_a_token_for_decisions_reaches_nothing_in_the_console(served: ConsoleContext) -> None:
    machine = Person(build_app(served))
    starter = Viewer("test", frozenset(), "here")
    token = add_token(served, starter, "a gateway's caller", [Scope.DECISIONS], None).token
    machine.http.headers["Authorization"] = f"Bearer {token}"
    assert {machine.get("/alerts").status_code, machine.post("/labels", {}).status_code} == {403}
