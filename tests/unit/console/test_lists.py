"""Named lists in the API: counts, pages of values with masked cards, changes through the worker, imports."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from console.context import ConsoleContext
from contracts.answer import Answer
from rules.lists.change import read_change
from tests.unit.console.at_hand import WorkerAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import CARD, DAY, add_stored, announce_list, announce_rule


@pytest.fixture
def lead(context: ConsoleContext, app: FastAPI) -> Person:
    add_stored(context)
    return Person(app, "lead")


def test_lists_are_shown_with_their_values_and_what_has_expired(
    context: ConsoleContext, lead: Person
) -> None:
    after = announce_list(context, 1, "watched", "m1", "m2", "m3", of="merchant")
    announce_list(context, after, "stolen", CARD, use="block", of="card", until=DAY - 5.0, reason="lost")
    stolen, watched = lead.get("/lists").json()["rows"]
    assert (watched["name"], watched["use"], watched["values"], watched["expired"]) == (
        "watched",
        "watch",
        3,
        0,
    )
    assert (stolen["use"], stolen["of"], stolen["values"], stolen["expired"]) == ("block", "card", 1, 1)
    assert lead.get("/lists/watched").json() == watched
    assert lead.get("/lists/none").status_code == 404


def test_values_come_in_pages_and_cards_are_masked(context: ConsoleContext, lead: Person) -> None:
    after = announce_list(context, 1, "watched", *(f"m{n}" for n in range(30)), of="merchant")
    announce_list(context, after, "stolen", CARD, use="block", of="card", reason="lost")
    pages = [lead.get("/lists/watched/values", offset=at, limit=7).json() for at in range(0, 35, 7)]
    assert {page["total"] for page in pages} == {30}
    assert sorted(row["value"] for page in pages for row in page["rows"]) == sorted(
        f"m{n}" for n in range(30)
    )
    (card,) = lead.get("/lists/stolen/values").json()["rows"]
    assert CARD not in str(card)
    assert lead.get("/lists/stolen/values", value=card["reference"]).json()["rows"] == [card]
    assert lead.get("/lists/stolen/values", value="other").json() == {"total": 0, "rows": []}
    assert CARD not in lead.get("/lists/stolen/export").text
    assert "m7," in lead.get("/lists/watched/export").text


def test_values_are_added_and_taken_off_by_the_worker(lead: Person, worker: WorkerAtHand) -> None:
    lead.ask("PUT", "/lists/watched", json={"of": "merchant", "note": "why"})
    lead.post("/lists/watched/values", {"values": ["m1", "m1", "m2"], "until": 5.0, "reason": "refunds"})
    lead.post("/lists/watched/values/remove", {"values": ["m1"], "note": "solved"})
    lead.post("/lists/watched/remove", {})
    asked = [(one.kind, one.name, one.reason) for one in worker.asked]
    assert asked == [
        ("list", "watched", ""), ("list", "watched", "refunds"), ("list", "watched", "solved"),
        ("retire", "list/watched", ""),
    ]  # fmt: skip
    defined, added, removed = (read_change(one.definition) for one in worker.asked[:3])
    assert defined.definition is not None
    assert (defined.definition.of, defined.definition.note) == ("merchant", "why")
    assert [(one.value, one.until) for one in added.put] == [("m1", 5.0), ("m2", 5.0)]
    assert removed.remove == ["m1"]


def test_a_card_is_taken_off_by_its_reference(
    context: ConsoleContext, lead: Person, worker: WorkerAtHand
) -> None:
    announce_list(context, 1, "stolen", CARD, use="block", of="card")
    (card,) = lead.get("/lists/stolen/values").json()["rows"]
    lead.post("/lists/stolen/values/remove", {"values": [card["reference"]]})
    assert read_change(worker.asked[0].definition).remove == [CARD]


def test_a_file_is_checked_by_line_before_it_is_sent(lead: Person, worker: WorkerAtHand) -> None:
    body = {"csv": "value,until\nm1,soon\nm2,\nm2,\n"}
    checked = lead.post("/lists/watched/import", body).json()
    assert (checked["status"], checked["values"], checked["repeated"], checked["bad_lines"]) == (
        "checked",
        1,
        1,
        1,
    )
    assert checked["bad"][0]["line"] == 2
    assert not worker.asked
    done = lead.post("/lists/watched/import", body | {"skip_bad": True}).json()
    assert (done["status"], done["parts"]) == ("live", 1)
    assert [one.value for one in read_change(worker.asked[0].definition).put] == ["m2"]
    assert lead.post("/lists/watched/import", {"csv": "id\nm1\n"}).status_code == 422
    worker.answers = lambda request: Answer(request.request_id, "refused", "no list 'watched'")
    assert lead.post("/lists/watched/import", {"csv": "value\nm1\n"}).status_code == 409


def test_what_cannot_be_on_a_list_is_refused_before_it_is_sent(lead: Person, worker: WorkerAtHand) -> None:
    assert lead.ask("PUT", "/lists/watched", json={"use": "block"}).status_code == 422
    assert lead.post("/lists/watched/values", {"values": ["4111111111111111"]}).status_code == 422
    assert lead.post("/lists/watched/values", {"values": [" m1"]}).status_code == 422
    assert not worker.asked


def test_a_condition_may_name_a_list(context: ConsoleContext, lead: Person) -> None:
    draft = {"condition": "merchant.id in lists.watched"}
    assert "no list 'watched'" in lead.post("/rules/check", draft).json()["problem"]["what"]
    after = announce_list(context, 1, "watched", "shop-1", of="merchant")
    announce_rule(context, after, "r", draft["condition"])
    assert lead.post("/rules/check", draft).json() == {"problem": None}
    assert lead.get("/rules/r").json()["state"] == "ok"
    names = {row["name"] for row in lead.get("/rules/names").json()["rows"]}
    assert "lists.watched" in names
    matches = [
        lead.post("/rules/test", draft | {"transaction_id": f"tx-{n}"}).json()["matches"] for n in (1, 2)
    ]
    assert matches == [True, False]
