"""Cases: open, edit, attach, and export without cells that a spreadsheet would execute."""

import csv
import json
from collections.abc import Callable

import pytest

from tests.unit.console.people import Person
from tests.unit.console.stored_rows import CARD

pytestmark = pytest.mark.usefixtures("stored")
Sign = Callable[[str], Person]


def test_a_case_gathers_alerts_notes_and_links(person: Sign) -> None:
    ada = person("analyst")
    made = ada.post("/cases", {"title": "ring at shop-1", "ids": [1, 2]}).json()
    route = f"/cases/{made['id']}"
    ada.post(f"{route}/alerts", {"ids": [2, 3]})
    ada.post(f"{route}/notes", {"text": "same device"})
    ada.post(f"{route}/links", {"url": "https://files.example/1.pdf", "title": "statement"})
    ada.ask("PATCH", route, json={"status": "working", "owner": "lead"})
    page = person("viewer").get(route).json()
    assert (page["title"], page["status"], page["owner"], page["alerts"]) == (
        "ring at shop-1", "working", "lead", 3,
    )  # fmt: skip
    assert [row["transaction_id"] for row in page["alert_rows"]] == ["tx-0", "tx-1", "tx-2"]
    assert ([n["text"] for n in page["notes"]], [one["url"] for one in page["links"]]) == (
        ["same device"],
        ["https://files.example/1.pdf"],
    )
    assert ada.get("/cases", status="closed").json()["total"] == 0
    assert ada.get("/cases", status="working").json()["total"] == 1


def test_an_owner_of_null_gives_the_case_back_and_what_is_not_given_stays(person: Sign) -> None:
    ada = person("analyst")
    route = f"/cases/{ada.post('/cases', {'title': 'x', 'owner': 'lead'}).json()['id']}"
    assert ada.ask("PATCH", route, json={"owner": None}).json()["owner"] is None
    assert ada.ask("PATCH", route, json={"title": "y"}).json()["status"] == "open"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a\n<b>", "//x", ""])
def test_only_web_addresses_are_attached(person: Sign, url: str) -> None:
    ada = person("analyst")
    case = ada.post("/cases", {"title": "x"}).json()["id"]
    assert ada.post(f"/cases/{case}/links", {"url": url}).status_code == 422


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_is_text_in_csv(person: Sign, formula: str) -> None:
    ada = person("analyst")
    ada.post("/cases", {"title": formula})
    rows = list(csv.DictReader(ada.get("/cases/export", format="csv").text.splitlines()))
    assert [row["title"] for row in rows] == ["'" + formula]


def test_json_holds_cases_whole_with_cards_masked(person: Sign) -> None:
    ada = person("analyst")
    ada.post("/cases", {"title": "=1", "ids": [1]})
    answer = ada.get("/cases/export", format="json")
    (case,) = json.loads(answer.text)
    assert (case["title"], case["alert_rows"][0]["transaction_id"]) == ("=1", "tx-0")
    assert CARD not in answer.text
    assert "attachment" in answer.headers["content-disposition"]
