"""Suppressions in the API: what is silenced, masked cards, changes through the worker."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from console.context import ConsoleContext
from contracts.answer import Answer
from control.suppressions import Suppression, read_suppression
from tests.unit.console.at_hand import WorkerAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import CARD, DAY, add_stored, announce_rule, announce_suppression


@pytest.fixture
def lead(context: ConsoleContext, app: FastAPI) -> Person:
    add_stored(context)
    return Person(app, "lead")


def test_what_is_silenced_is_listed_newest_first_with_masked_cards(
    context: ConsoleContext, lead: Person
) -> None:
    announce_rule(context, 1, "large", "amount > 5")
    announce_suppression(context, 2, Suppression("card", CARD, "", DAY - 5.0))
    announce_suppression(context, 3, Suppression("", "", "rule/large", DAY + 1e6))
    announce_suppression(context, 4, Suppression("merchant", "m1"))
    announce_suppression(context, 5, Suppression("merchant", "m1"), retired=True)
    found = lead.get("/suppressions").json()
    rule, card = found["rows"]
    assert (rule["scorer"], rule["entity"], rule["key"], rule["ended"]) == ("rule/large", "", "", False)
    assert (card["entity"], card["scorer"], card["ended"], card["author"]) == ("card", "", True, "ada")
    assert CARD not in str(found)
    assert found["scorers"][:1] == ["base"]
    assert "rule/large" in found["scorers"]
    assert found["entities"][0] == "card"


def test_entities_and_scorers_are_silenced_and_lifted_by_the_worker(
    context: ConsoleContext, lead: Person, worker: WorkerAtHand
) -> None:
    announce_suppression(context, 2, Suppression("card", CARD))
    (card,) = lead.get("/suppressions").json()["rows"]
    lead.post("/suppressions", {"entity": "card", "key": card["reference"], "until": 5.0, "reason": "agreed"})
    lead.post("/suppressions", {"scorer": "base", "until": 9.0})
    lead.post(f"/suppressions/{card['id']}/lift", {"note": "over"})
    assert [(one.kind, one.name, one.reason) for one in worker.asked] == [
        ("suppress", "", "agreed"), ("suppress", "", ""), ("retire", f"suppression/{card['id']}", "over"),
    ]  # fmt: skip
    asked = [read_suppression(one.definition) for one in worker.asked[:2]]
    assert asked == [Suppression("card", CARD, "", 5.0), Suppression("", "", "base", 9.0)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entity": "card"},
        {"key": "c1"},
        {"scorer": "base"},
        {"entity": "card", "key": "4111111111111111"},
    ],
)
def test_what_says_too_little_is_refused_before_it_is_sent(
    lead: Person, worker: WorkerAtHand, body: dict[str, str]
) -> None:
    assert lead.post("/suppressions", body).status_code == 422
    assert not worker.asked


def test_a_refusal_of_the_worker_is_shown(lead: Person, worker: WorkerAtHand) -> None:
    worker.answers = lambda request: Answer(request.request_id, "refused", "no scorer 'rule/x'")
    answer = lead.post("/suppressions", {"scorer": "rule/x", "until": 5.0})
    assert answer.status_code == 409
    assert "no scorer" in answer.text


def test_analysts_read_and_do_not_silence(context: ConsoleContext, app: FastAPI) -> None:
    analyst = Person(app, "analyst")
    assert analyst.get("/suppressions").status_code == 200
    assert analyst.post("/suppressions", {"scorer": "base", "until": 5.0}).status_code == 403
