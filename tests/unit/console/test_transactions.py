"""Search, one transaction, its notes, its entities, and the card behind its mask."""

from collections.abc import Callable

import pytest

from console.context import ConsoleContext
from console.results.transactions import PartScore
from tests.unit.console.at_hand import ModelsAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import CARD, DAY, scored_row

pytestmark = pytest.mark.usefixtures("stored")
Sign = Callable[[str], Person]


@pytest.fixture(autouse=True)
def unalerted(context: ConsoleContext) -> None:
    """Add tx-30 and tx-31 of another card, without an alert."""
    with context.unit() as unit:
        unit.transactions.add_many(scored_row(n, card="tok_9900000000001111") for n in (30, 31))
        unit.commit()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"id": "tx-3"}, ["tx-3"]),
        ({"q": "tx-3"}, ["tx-31", "tx-30", "tx-3"]),
        ({"q": "tok_9900000000001111"}, ["tx-31", "tx-30"]),
        ({"card": "tok_9900000000001111", "amount_max": 310}, ["tx-30"]),
        ({"merchant": "shop-1", "until": DAY + 5}, ["tx-4", "tx-1"]),
        ({"since": DAY + 9, "detector": "base"}, ["tx-9"]),
        ({"limit": 1, "offset": 1}, ["tx-30"]),
        ({"q": "tx_3%"}, []),
        ({"q": "' OR 1=1 --"}, []),
    ],
)
def test_search_finds_transactions_latest_first(
    person: Sign, query: dict[str, object], expected: list[str]
) -> None:
    found = person("viewer").get("/transactions", **query).json()
    assert [row["transaction_id"] for row in found["rows"]] == expected


def test_a_filter_that_does_not_exist_is_refused(person: Sign) -> None:
    assert person("viewer").get("/transactions", merchnt="x").status_code == 422


def test_a_transaction_shows_all_that_is_known_of_it(person: Sign) -> None:
    ada = person("analyst")
    ada.post("/transactions/tx-3/notes", {"text": "called the holder"})
    page = ada.get("/transactions/tx-3").json()
    assert page["row"]["reasons"][0]["text"] == "amount: 8 times the usual"
    assert (page["offset"], page["row"]["control_offset"], page["row"]["state"]) == (3, 7, "open")
    assert page["features"][0]["name"] == "log_amount"
    assert "amount" in page["features"][0]["text"]
    assert len(page["other_alerts"]) == 9
    assert [(n["author"], n["text"]) for n in page["notes"]] == [("analyst", "called the holder")]
    assert CARD not in ada.get("/transactions/tx-3").text


def test_an_unknown_transaction_is_not_found(person: Sign) -> None:
    answer = person("viewer").get("/transactions/nope")
    assert (answer.status_code, answer.json()["detail"]["where"]) == (404, "id")


def test_scores_by_part_or_why_not(person: Sign, models: ModelsAtHand) -> None:
    ada = person("viewer")
    assert ada.get("/transactions/tx-3/scores").json() == {"parts": [], "why_not": "nothing is in force"}
    models.scores = [PartScore("base", "", 2.5, 0.0, 3.0)]
    assert ada.get("/transactions/tx-3/scores").json()["parts"][0]["surprise"] == 2.5


def test_the_card_behind_its_mask_is_shown_to_who_may_and_logged(
    person: Sign, context: ConsoleContext
) -> None:
    assert person("viewer").post("/transactions/tx-3/reveal").status_code == 403
    assert person("analyst").post("/transactions/tx-3/reveal").json()["entities"]["card"] == CARD
    with context.unit(reads_only=True) as unit:
        last = list(unit.audit._entries())[-1]
    assert (last.actor, last.action, last.subject) == ("analyst", "reveal card", "tx-3")
    assert CARD not in str(last.details)


def test_a_card_is_looked_at_by_its_reference(person: Sign) -> None:
    ada = person("viewer")
    reference = ada.get("/transactions/tx-3").json()["row"]["references"]["card"]
    page = ada.get(f"/entities/card/{reference}").json()
    assert (page["key"], page["profile"]["transactions"], page["profile"]["alerts"]) == (
        "tok_55**********4242",
        10,
        10,
    )
    assert page["profile"]["total_amount"] == 550.0
    assert [day["transactions"] for day in page["days"]] == [10]
    assert {partner["key"] for partner in page["partners"]} == {"shop-0", "shop-1", "shop-2"}
    assert page["timeline"][0]["transaction_id"] == "tx-9"


def test_a_merchant_shows_its_cards_masked(person: Sign) -> None:
    page = person("viewer").get("/entities/merchant/shop-0").json()
    assert {partner["key"] for partner in page["partners"]} == {
        "tok_55**********4242",
        "tok_99**********1111",
    }
    assert person("viewer").get("/entities/merchant/none").status_code == 404
    assert person("viewer").get("/entities/planet/x").json()["detail"]["allowed"] == ["card", "merchant"]
