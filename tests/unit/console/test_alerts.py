"""The queue: filters, order, pages, new alerts, and the actions of analysts on alerts."""

from collections.abc import Callable

import pytest

from console.context import ConsoleContext
from storage.alerts import joined_tags
from tests.unit.console.at_hand import Clock, WorkerAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import CARD, DAY, alert_row

pytestmark = pytest.mark.usefixtures("stored")
Sign = Callable[[str], Person]


def ids(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [row["transaction_id"] for row in answer["rows"]]


def test_the_queue_begins_with_what_matters_most_and_comes_in_pages(person: Sign) -> None:
    ada = person("viewer")
    first = ada.get("/alerts", limit=3).json()
    assert (first["total"], ids(first)) == (10, ["tx-9", "tx-8", "tx-7"])
    assert ids(ada.get("/alerts", limit=3, offset=9).json()) == ["tx-0"]
    assert ids(ada.get("/alerts", limit=2, sort="amount").json()) == ["tx-0", "tx-1"]
    assert ids(ada.get("/alerts", limit=2, sort="-raised_at").json()) == ["tx-9", "tx-8"]


def test_filters_are_joined(person: Sign) -> None:
    ada = person("viewer")
    found = ada.get("/alerts", min_amount=30, max_amount=60, since=DAY + 3, detector="base").json()
    assert ids(found) == ["tx-5", "tx-4", "tx-3"]
    assert ada.get("/alerts", detector="another").json() == {"total": 0, "rows": []}


def test_alerts_are_found_by_the_queue_and_tag_of_a_rule(person: Sign, context: ConsoleContext) -> None:
    with context.unit() as unit:
        unit.alerts.add_many(
            [
                alert_row(20, queue="travel", tags=joined_tags(["night", "gift_cards"])),
                alert_row(21, queue="travel"),
                alert_row(22, tags=joined_tags(["giftxcards"])),
            ]
        )
        unit.commit()
    ada = person("viewer")
    assert ids(ada.get("/alerts", queue="travel").json()) == ["tx-21", "tx-20"]
    found = ada.get("/alerts", tag="gift_cards").json()
    assert (ids(found), found["rows"][0]["tags"]) == (["tx-20"], ["night", "gift_cards"])
    assert found["rows"][0]["queue"] == "travel"
    assert ada.get("/alerts", tag="gift", queue="travel").json()["total"] == 0
    assert ada.get("/alerts", tag="%").status_code == 422


def test_a_card_is_masked_and_found_by_its_reference(person: Sign) -> None:
    ada = person("viewer")
    row = ada.get("/alerts", limit=1).json()["rows"][0]
    assert row["card"] == row["entities"]["card"] == "tok_55**********4242"
    assert ada.get("/alerts", card=row["references"]["card"]).json()["total"] == 10
    assert ada.get("/alerts", card="~bm90IGEgcmVmZXJlbmNl").json()["total"] == 0
    assert CARD not in ada.get("/alerts").text


def test_what_appears_later_is_told_from_the_alert_seen_last(person: Sign, context: ConsoleContext) -> None:
    ada = person("viewer")
    last = ada.get("/alerts/newest").json()
    assert (last["total"], last["rows"]) == (0, [])
    with context.unit() as unit:
        unit.alerts.add_many([alert_row(10), alert_row(11)])
        unit.commit()
    newest = ada.get("/alerts/newest", after=last["last_id"]).json()
    assert (newest["total"], ids(newest)) == (2, ["tx-11", "tx-10"])


def test_judged_alerts_leave_the_queue_at_once_and_the_worker_learns_them(
    person: Sign, worker: WorkerAtHand
) -> None:
    ada = person("analyst")
    some = [row["id"] for row in ada.get("/alerts", limit=3).json()["rows"]]
    answer = ada.post("/alerts/decide", {"ids": some, "verdict": "fraud", "note": "same device"})
    assert (answer.status_code, answer.json()["changed"]) == (200, 3)
    assert ada.get("/alerts").json()["total"] == 7
    decided = ada.get("/alerts", state="decided").json()
    assert [(row["verdict"], row["state"]) for row in decided["rows"]] == [("fraud", "decided")] * 3
    (request,) = worker.asked
    assert (request.kind, request.author, request.fraud) == ("label", "analyst", ("tx-9", "tx-8", "tx-7"))


def test_an_unknown_alert_among_them_changes_nothing(person: Sign, worker: WorkerAtHand) -> None:
    ada = person("analyst")
    answer = ada.post("/alerts/decide", {"ids": [1, 99_999], "verdict": "genuine"})
    assert answer.status_code == 404
    assert "99999" in answer.json()["detail"]["what"]
    assert (ada.get("/alerts").json()["total"], worker.asked) == (10, [])


def test_an_alert_is_handed_to_somebody_who_works_on_alerts(person: Sign) -> None:
    ada = person("analyst")
    assert ada.post("/alerts/assign", {"ids": [1], "assignee": "lead"}).status_code == 200
    mine = ada.get("/alerts", assignee="lead").json()
    assert [(row["state"], row["assignee"]) for row in mine["rows"]] == [("assigned", "lead")]
    assert ada.get("/alerts", state="open").json()["total"] == 9
    refused = ada.post("/alerts/assign", {"ids": [1], "assignee": "viewer"})
    assert refused.status_code == 422
    assert "lead" in refused.json()["detail"]["allowed"]
    ada.post("/alerts/assign", {"ids": [1], "assignee": None})
    assert ada.get("/alerts", state="open").json()["total"] == 10


def test_a_snoozed_alert_is_back_when_its_time_has_come(person: Sign, clock: Clock) -> None:
    ada = person("analyst")
    assert ada.post("/alerts/snooze", {"ids": [2], "until": clock.now + 60}).status_code == 200
    assert ada.get("/alerts").json()["total"] == 9
    assert ada.get("/alerts", state="snoozed").json()["total"] == 1
    clock.now += 61
    assert ada.get("/alerts").json()["total"] == 10
    assert ada.post("/alerts/snooze", {"ids": [2], "until": clock.now - 1}).status_code == 422


def test_every_change_says_in_the_audit_log_who_from_where_before_and_after(
    person: Sign, context: ConsoleContext
) -> None:
    ada = person("analyst")
    ada.post("/alerts/assign", {"ids": [1], "assignee": "lead"})
    ada.post("/alerts/decide", {"ids": [1, 2], "verdict": "genuine"})
    with context.unit(reads_only=True) as unit:
        entries = list(unit.audit._entries())[-2:]
        unit.audit.verify()
    assert [(e.actor, e.action, e.subject, e.details["from"]) for e in entries] == [
        ("analyst", "assign", "alert 1", "192.0.2.7"),
        ("analyst", "decide", "2 alerts", "192.0.2.7"),
    ]
    assert (entries[0].details["before"], entries[0].details["after"]) == (
        {"assignee": {"1": None}},
        {"assignee": "lead"},
    )
    assert entries[1].details["before"] == {"status": {"1": "open", "2": "open"}}
