"""The graph of entities within two links: counts, bounds, masked cards, and the drawing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from console.context import ConsoleContext
from console.pages.links_panel import HEIGHT, WIDTH, places
from console.results.entities import EntityLink, EntityLinks, LinkedEntity
from console.services import entity_links
from console.services.linked_payments import MOST_PAYMENTS
from storage.labels import FRAUD, GENUINE
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import CARD, DAY, add_stored

Sign = Callable[[str], Person]
Payment = tuple[str, str, float]
"""Card, merchant, event time."""


def store(context: ConsoleContext, payments: Iterable[Payment]) -> None:
    with context.unit() as unit:
        unit.transactions.add_many(_row(n, *one) for n, one in enumerate(payments))
        unit.commit()


def _row(n: int, card: str, merchant: str, at: float) -> tuple[object, ...]:
    entities = json.dumps({"card": card, "merchant": merchant})
    scores = (2.0, 0.01, int(n == 0), 0, "base", 7, at, None)
    return (
        5, n, f"link-{n}", at, at, 9.0, "EUR", 5411, entities, np.zeros(46, "<f4").tobytes(), *scores,
    )  # fmt: skip


def around(person: Person, kind: str, key: str, **query: object) -> EntityLinks:
    body = person.get(f"/entities/{kind}/{key}/links", **query).json()
    return EntityLinks(
        body["since"],
        [LinkedEntity(**one) for one in body["entities"]],
        [EntityLink(**one) for one in body["links"]],
        body["limited"],
    )


RING: list[Payment] = [
    ("a", "shared", DAY),
    ("a", "shared", DAY + 1),
    ("b", "shared", DAY + 2),
    ("b", "between", DAY + 3),
    ("c", "between", DAY + 4),
    ("d", "elsewhere", DAY + 5),
]


def test_who_shares_a_merchant_is_two_links_away_and_no_one_further(
    context: ConsoleContext, person: Sign
) -> None:
    store(context, RING)
    found = around(person("viewer"), "merchant", "between")
    assert [(one.kind, one.steps, one.payments) for one in found.entities] == [
        ("merchant", 0, 2),
        ("card", 1, 2),
        ("card", 1, 1),
        ("merchant", 2, 1),
    ]
    assert found.limited == ""


def test_cards_are_masked_and_counts_are_of_payments_alerts_and_frauds(
    context: ConsoleContext, person: Sign
) -> None:
    long = "tok_5500000000000001"
    store(context, [(long, "m", DAY), (long, "m", DAY + 1), ("b", "m", DAY + 2)])
    with context.unit() as unit:
        labels = [("link-0", FRAUD), ("link-1", GENUINE)]
        unit.labels.add_many((name, verdict, "analyst", "ada", 1.0, name) for name, verdict in labels)
        unit.commit()
    answer = person("viewer").get("/entities/merchant/m/links")
    assert long not in answer.text
    merchant, card, _ = answer.json()["entities"]
    assert (merchant["payments"], merchant["alerts"], merchant["frauds"]) == (3, 1, 1)
    assert (card["key"], card["frauds"]) == ("tok_55**********0001", 1)
    assert card["reference"].startswith("~")
    assert answer.json()["links"][0] == {"source": 0, "target": 1, "payments": 2, "last": DAY + 1}
    again = person("viewer").get(f"/entities/card/{card['reference']}/links").json()
    assert [one["steps"] for one in again["entities"]] == [0, 1, 2]


def test_a_hub_is_named_and_leads_no_further(context: ConsoleContext, person: Sign) -> None:
    crowd: list[Payment] = [(f"other-{n}", "large", DAY + n) for n in range(MOST_PAYMENTS + 5)]
    store(context, [("a", "large", DAY + 1_000), ("a", "small", DAY), ("b", "small", DAY), *crowd])
    found = around(person("viewer"), "card", "a")
    assert {one.key: one.hub for one in found.entities if one.kind == "merchant"} == {
        "large": True,
        "small": False,
    }
    assert [one.steps for one in found.entities if one.kind == "card"] == [0, 2]
    assert "entities two links away" in found.limited


def test_the_graph_is_bounded_in_entities_links_and_days(context: ConsoleContext, person: Sign) -> None:
    many: list[Payment] = [(f"c-{n % 90}", f"m-{n % 41}", DAY + n) for n in range(2_000)]
    store(context, [("start", f"m-{n}", DAY + 3_000) for n in range(41)] + many)
    found = around(person("viewer"), "card", "start")
    assert len(found.entities) == entity_links.MOST_ENTITIES
    assert len(found.links) <= entity_links.MOST_LINKS
    assert sum(one.steps == 1 for one in found.entities) == entity_links.MOST_FIRST
    assert "25 entities one link away" in found.limited
    store_late = [("start", "m-late", DAY + 40 * 86_400.0)]
    with context.unit() as unit:
        unit.transactions.add_many(_row(9_000 + n, *one) for n, one in enumerate(store_late))
        unit.commit()
    late = around(person("viewer"), "card", "start", days=1)
    assert [one.key for one in late.entities if one.steps == 1] == ["m-late"]


def test_what_was_not_read_in_time_is_said(
    context: ConsoleContext, person: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(context, RING)
    monkeypatch.setattr(entity_links, "SECONDS", -1.0)
    found = around(person("viewer"), "card", "a")
    assert [one.steps for one in found.entities] == [0]
    assert "not read within" in found.limited


def test_unknown_kinds_entities_and_cases_are_not_found(context: ConsoleContext, person: Sign) -> None:
    store(context, RING)
    ada = person("viewer")
    assert ada.get("/entities/planet/x/links").status_code == 404
    assert ada.get("/entities/merchant/none/links").status_code == 404
    assert ada.get("/cases/9/entity-links").status_code == 404
    assert ada.get("/entities/merchant/shared/links", days=0).status_code == 422


def test_a_case_begins_with_the_cards_of_its_alerts(context: ConsoleContext, person: Sign) -> None:
    add_stored(context)
    ada = person("analyst")
    ids = [row["id"] for row in ada.get("/alerts", limit=3).json()["rows"]]
    case = ada.post("/cases", {"title": "ring", "ids": ids}).json()
    found = ada.get(f"/cases/{case['id']}/entity-links").json()
    assert CARD not in json.dumps(found)
    assert [(one["kind"], one["steps"]) for one in found["entities"]] == [
        ("card", 0),
        ("merchant", 1),
        ("merchant", 1),
        ("merchant", 1),
    ]
    empty = ada.post("/cases", {"title": "nothing yet", "ids": []}).json()
    assert ada.get(f"/cases/{empty['id']}/entity-links").json()["entities"] == []


def test_every_entity_is_drawn_inside_and_on_a_place_of_its_own() -> None:
    steps = [0, 0, *[1] * 10, *[2] * 40]
    entities = [LinkedEntity("card", f"c{n}", f"c{n}", at, 1, 0, 0, False) for n, at in enumerate(steps)]
    links = [EntityLink(n % 12, n, 1, DAY) for n in range(12, 52)]
    found = places(EntityLinks(DAY, entities, links, ""))
    assert len({(round(x), round(y)) for x, y in found}) == len(entities)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in found)
