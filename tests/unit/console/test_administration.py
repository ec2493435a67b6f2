"""Users, tokens, policy, approvals and views: what administrators can and cannot do."""

from collections.abc import Callable

from fastapi import FastAPI

from console.context import ConsoleContext
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import PASSWORD, Person

Sign = Callable[[str], Person]
LONG = "another long passphrase"


def user_id(admin: Person, name: str) -> int:
    rows = admin.get("/users").json()["rows"]
    return int(next(row["id"] for row in rows if row["name"] == name))


def test_a_new_user_signs_in_by_password_or_once_by_link(person: Sign, app: FastAPI) -> None:
    admin = person("admin")
    assert admin.post("/users", {"name": "eve", "role": "analyst", "password": PASSWORD}).status_code == 201
    assert Person(app, "eve").get("/session").json()["role"] == "analyst"
    made = admin.post("/users", {"name": "bob", "role": "lead"}).json()
    bob = Person(app)
    assert bob.get("/session/once", token=made["link_token"]).status_code == 303
    bob.csrf = bob.get("/session").json()["csrf"]
    assert bob.post("/session/password", {"new": LONG}).status_code == 204
    assert bob.get("/session").status_code == 401  # all sessions of the user are signed out
    assert Person(app).post("/session", {"name": "bob", "password": LONG}).status_code == 200


def test_a_name_is_given_once_and_a_short_password_is_refused(person: Sign) -> None:
    admin = person("admin")
    assert admin.post("/users", {"name": "lead", "role": "viewer"}).status_code == 409
    assert admin.post("/users", {"name": "eve", "role": "viewer", "password": "short"}).status_code == 422


def test_a_changed_user_is_signed_out_and_has_the_new_role(person: Sign) -> None:
    admin, ada = person("admin"), person("analyst")
    assert (
        admin.ask("PATCH", f"/users/{user_id(admin, 'analyst')}", json={"role": "viewer"}).status_code == 200
    )
    assert ada.get("/session").status_code == 401
    assert "decide" not in person("analyst").get("/session").json()["rights"]


def test_who_is_locked_out_stays_out(person: Sign, app: FastAPI) -> None:
    admin, ada = person("admin"), person("analyst")
    admin.ask("PATCH", f"/users/{user_id(admin, 'analyst')}", json={"active": False})
    assert ada.get("/alerts").status_code == 401
    assert Person(app).post("/session", {"name": "analyst", "password": PASSWORD}).status_code == 401


def test_the_last_admin_cannot_give_up(person: Sign) -> None:
    admin = person("admin")
    own = user_id(admin, "admin")
    for change in ({"role": "lead"}, {"active": False}):
        assert admin.ask("PATCH", f"/users/{own}", json=change).status_code == 409
    assert admin.get("/users").status_code == 200


def test_a_token_works_until_it_is_revoked_or_too_old(person: Sign, app: FastAPI, clock: Clock) -> None:
    admin = person("admin")
    made = admin.post("/tokens", {"name": "feed", "scopes": ["read"], "days": 1}).json()
    listed = admin.get("/tokens")
    assert made["token"] not in listed.text
    machine = Person(app)
    machine.http.headers["Authorization"] = f"Bearer {made['token']}"
    assert machine.get("/alerts").status_code == 200
    clock.now += 86_400
    assert machine.get("/alerts").status_code == 401
    clock.now -= 86_400
    again = person("admin")
    assert again.ask("DELETE", f"/tokens/{made['row']['id']}").status_code == 204
    assert machine.get("/alerts").status_code == 401


def test_policy_stands_over_the_settings_file_and_says_who_changed_it(
    person: Sign, context: ConsoleContext
) -> None:
    admin = person("admin")
    assert admin.get("/policy").json()["alert_rate"] == 0.001
    changed = admin.ask("PUT", "/policy", json={"alert_rate": 0.002, "four_eyes": True}).json()
    assert (changed["alert_rate"], changed["four_eyes"], changed["policy"]) == (0.002, True, "auto")
    assert admin.ask("PUT", "/policy", json={"alert_rate": 0}).status_code == 422
    with context.unit(reads_only=True) as unit:
        last = list(unit.audit._entries())[-1]
    assert (last.action, last.details["before"]["four_eyes"]) == ("set policy", False)
    assert last.details["after"]["four_eyes"] is True


def test_under_four_eyes_another_administrator_puts_a_policy_in_force(
    person: Sign, app: FastAPI, context: ConsoleContext
) -> None:
    """1. Four eyes go on. 2. Turning them off only proposes. 3. Who proposed cannot approve; another can."""
    admin = person("admin")
    assert admin.post("/users", {"name": "root", "role": "admin", "password": PASSWORD}).status_code == 201
    assert admin.ask("PUT", "/policy", json={"four_eyes": True}).json()["four_eyes"]
    proposed = admin.ask("PUT", "/policy", json={"four_eyes": False, "alert_rate": 0.3}).json()
    assert (proposed["four_eyes"], proposed["alert_rate"]) == (True, 0.001)
    assert proposed["proposed"]["changes"] == {"four_eyes": False, "alert_rate": 0.3}
    way = f"/policy/proposals/{proposed['proposed']['id']}/approve"
    assert admin.post(way).status_code == 403
    approved = Person(app, "root").post(way).json()
    assert (approved["four_eyes"], approved["alert_rate"], approved["proposed"]) == (False, 0.3, None)
    assert admin.post(way).status_code == 404
    with context.unit(reads_only=True) as unit:
        last = list(unit.audit._entries())[-1]
    assert (last.actor, last.action, last.details["after"]["proposed_by"]) == ("root", "set policy", "admin")


def test_a_later_policy_proposal_replaces_the_one_that_waits(person: Sign) -> None:
    admin = person("admin")
    admin.ask("PUT", "/policy", json={"four_eyes": True})
    first = admin.ask("PUT", "/policy", json={"alert_rate": 0.3}).json()["proposed"]
    second = admin.ask("PUT", "/policy", json={"alert_rate": 0.002}).json()["proposed"]
    assert admin.post(f"/policy/proposals/{first['id']}/reject").status_code == 404
    assert admin.post(f"/policy/proposals/{second['id']}/reject").json()["proposed"] is None


def test_everybody_keeps_their_own_views(person: Sign) -> None:
    ada, bob = person("analyst"), person("lead")
    view = {"name": "mine", "page": "queue", "query": {"min_amount": 100, "state": ["open"]}}
    for query in ({"min_amount": 50.0}, view["query"]):
        assert ada.ask("PUT", "/views", json=view | {"query": query}).status_code == 200
    assert ada.get("/views").json()["rows"] == [view]
    assert bob.get("/views").json()["total"] == 0
    assert bob.ask("DELETE", "/views", params={"name": "mine"}).status_code == 404
    assert ada.ask("DELETE", "/views", params={"name": "mine"}).status_code == 204


def test_the_audit_log_is_searched_exported_and_checked(person: Sign) -> None:
    auditor = person("auditor")
    person("lead")
    found = auditor.get("/audit", actor="LEA").json()
    assert [(row["author"], row["action"], row["address"]) for row in found["rows"]] == [
        ("lead", "sign in", "192.0.2.7")
    ]
    exported = auditor.get("/audit/export", format="csv").text.splitlines()
    assert exported[0].startswith("id,time,author,address,action,subject")
    assert len(exported) == 4  # the download itself is the last
    checked = auditor.get("/audit/verify").json()
    assert (checked["intact"], checked["entries"]) == (True, 3)


def test_an_entry_changed_behind_the_consoles_back_is_found(person: Sign, context: ConsoleContext) -> None:
    auditor = person("auditor")
    with context.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_refuses_update")
        connection.exec_driver_sql("UPDATE audit_log SET actor = 'somebody else' WHERE position = 1")
    checked = auditor.get("/audit/verify").json()
    assert (checked["intact"], checked["first_bad"]) == (False, 1)
