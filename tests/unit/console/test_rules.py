"""Rules in the API: lists with matches by day, checks with places, tests, changes through the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI

from console.context import ConsoleContext
from console.server import build_app
from contracts.answer import Answer
from storage.alerts import COLUMNS as ALERT_COLUMNS
from tests.unit.console.at_hand import WorkerAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import DAY, add_stored, alert_row, announce_rule


@pytest.fixture
def lead(context: ConsoleContext, app: FastAPI) -> Person:
    add_stored(context)
    return Person(app, "lead")


def test_rules_are_listed_in_the_order_in_which_they_decide(context: ConsoleContext, lead: Person) -> None:
    announce_rule(context, 1, "late", "amount > 5", order=200)
    announce_rule(context, 2, "early", "amount > 50", order=10, owner="cards-team")
    announce_rule(context, 3, "gone", "amount > 1")
    announce_rule(context, 4, "gone", "")
    found = lead.get("/rules").json()
    assert [row["id"] for row in found["rows"]] == ["early", "late"]
    assert [row["id"] for row in lead.get("/rules", q="CARDS-TEAM").json()["rows"]] == ["early"]


def test_matches_are_counted_by_day(context: ConsoleContext, lead: Person) -> None:
    announce_rule(context, 1, "large", "amount > 5")
    announce_rule(context, 2, "quiet", "amount > 5", mode="shadow")
    row = list(alert_row(3))
    row[1], row[ALERT_COLUMNS.index("scorer")] = 77, "rule/large"
    with context.unit() as unit:
        unit.alerts.add_many([tuple(row)])
        unit.shadow_alerts.add_many(
            [("rule/quiet", 0, n, f"tx-{n}", DAY + n, 5.0, 1.0, False, 1) for n in (1, 2)]
        )
        unit.commit()
    large, quiet = lead.get("/rules", days=3).json()["rows"]
    assert [(day["live"], day["shadow"]) for day in large["days"]] == [(0, 0), (0, 0), (1, 0)]
    assert [(day["live"], day["shadow"]) for day in quiet["days"]] == [(0, 0), (0, 0), (0, 2)]
    page = lead.get("/rules/quiet").json()
    assert [one["transaction_id"] for one in page["newest"]] == ["tx-2", "tx-1"]


def test_a_rule_shows_its_versions_and_why_it_is_not_evaluated(context: ConsoleContext, lead: Person) -> None:
    announce_rule(context, 1, "large", "amount > 5")
    announce_rule(context, 2, "large", 'episode["gone"].surprise > 3')
    page = lead.get("/rules/large").json()
    conditions = [one["terms"]["condition"] for one in page["versions"]]
    assert conditions == ['episode["gone"].surprise > 3', "amount > 5"]
    assert "no live episode 'gone'" in page["state"]
    announce_rule(context, 3, "large", "")
    removed = lead.get("/rules/large").json()
    assert (removed["state"], removed["versions"][0]["terms"]) == ("removed", None)
    assert lead.get("/rules/unknown").status_code == 404


def test_a_misspelt_name_is_found_with_its_place_and_what_it_may_be(lead: Person) -> None:
    problem = lead.post("/rules/check", {"condition": "amount > 5 && card.cuont_1h > 3"}).json()["problem"]
    assert (problem["column"], problem["found"]) == (15, "card.cuont_1h")
    assert problem["close"][0] == "card.count_1h"
    assert lead.post("/rules/check", {"condition": "card.count_1h > 3"}).json() == {"problem": None}
    names = {row["name"] for row in lead.get("/rules/names").json()["rows"]}
    assert {"amount", "card.count_1h", "merchant.id", "hour("} <= names


def test_a_condition_is_tested_on_one_transaction(lead: Person) -> None:
    draft = {
        "condition": "amount > 45 && merchant.id == 'shop-1' && hour(time) >= 0",
        "transaction_id": "tx-4",
    }
    found = lead.post("/rules/test", draft).json()
    assert found["matches"] is True
    values = {one["name"]: one["value"] for one in found["values"]}
    assert values == {"amount": 50.0, "merchant.id": "shop-1", "time": DAY + 4}
    assert lead.post("/rules/test", draft | {"transaction_id": "tx-3"}).json()["matches"] is False
    assert lead.post("/rules/test", draft | {"condition": "risk > 1"}).status_code == 409


def test_a_card_is_masked_where_a_test_shows_its_values(lead: Person) -> None:
    draft = {"condition": "card.id == 'x'", "transaction_id": "tx-4"}
    (value,) = lead.post("/rules/test", draft).json()["values"]
    assert "*" in value["value"]


def test_a_rule_is_saved_and_set_live_by_the_worker(lead: Person, worker: WorkerAtHand) -> None:
    body = {"condition": "amount > 5", "action": "review", "reason": "gift cards"}
    assert lead.ask("PUT", "/rules/large", json=body).json()["status"] == "done"
    assert lead.post("/rules/large/mode", {"mode": "live", "percent": 10}).json()["status"] == "done"
    saved, live = worker.asked
    assert (saved.kind, saved.name, saved.reason) == ("rule", "large", "gift cards")
    assert saved.definition == '{"condition":"amount > 5","action":"review"}'
    assert live.definition == '{"mode":"live","percent":10.0}'
    lead.post("/rules/large/remove", {})
    lead.post("/rules/large/rollback", {})
    assert [(one.kind, one.name) for one in worker.asked[2:]] == [
        ("retire", "rule/large"),
        ("rollback", "rule/large"),
    ]


def test_a_rule_that_cannot_be_used_is_refused_before_it_is_sent(lead: Person, worker: WorkerAtHand) -> None:
    body = {"condition": "amuont > 5", "action": "review"}
    refused = lead.ask("PUT", "/rules/large", json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"]["where"] == "condition, column 1"
    zone = lead.ask("PUT", "/rules/large", json=body | {"condition": "amount > 5", "zone": "Mars"})
    assert "no time zone 'Mars'" in zone.json()["detail"]["what"]
    assert worker.asked == []


def test_what_the_worker_refuses_is_a_conflict_with_its_reason(lead: Person, worker: WorkerAtHand) -> None:
    worker.answers = lambda request: Answer(request.request_id, "refused", "another person sets it live")
    refused = lead.post("/rules/large/mode", {"mode": "live"})
    assert (refused.status_code, refused.json()["detail"]["what"]) == (409, "another person sets it live")


def test_without_the_key_of_the_control_log_no_rule_is_shown(
    context: ConsoleContext, person: Callable[[str], Person]
) -> None:
    announce_rule(context, 1, "large", "amount > 5")
    without = replace(context, key=None)
    assert Person(build_app(without), "lead").get("/rules").json() == {"total": 0, "rows": []}
