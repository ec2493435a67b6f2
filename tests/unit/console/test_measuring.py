"""The console's own metrics: the number of series stays small for any requests."""

from collections.abc import Callable
from uuid import uuid4

from fastapi import FastAPI
from prometheus_client import REGISTRY

from tests.unit.console.people import Person


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_requests_are_counted_and_timed_by_part_of_the_api(person: Callable[[str], Person]) -> None:
    ada, labels = person("viewer"), {"group": "alerts", "status": "2xx"}
    before = value("flagfive_console_requests_total", **labels)
    timed = value("flagfive_console_request_seconds_count", group="alerts")
    assert ada.get("/alerts").status_code == 200
    assert value("flagfive_console_requests_total", **labels) == before + 1
    assert value("flagfive_console_request_seconds_count", group="alerts") == timed + 1


def test_invented_addresses_make_no_series_of_their_own(app: FastAPI) -> None:
    visitor, labels = Person(app), {"group": "other", "status": "4xx"}
    before = value("flagfive_console_requests_total", **labels)
    for _ in range(3):
        visitor.get(f"/{uuid4()}")
    assert value("flagfive_console_requests_total", **labels) == before + 3


def test_sign_ins_are_counted_by_way_and_outcome(app: FastAPI) -> None:
    counted = "flagfive_console_sign_ins_total"
    outcomes = ("signed in", "refused")
    before = [value(counted, way="password", outcome=outcome) for outcome in outcomes]
    Person(app, "analyst")
    Person(app).post("/session", {"name": "analyst", "password": "wrong"})
    assert [value(counted, way="password", outcome=outcome) for outcome in outcomes] == [
        n + 1 for n in before
    ]


def test_what_is_asked_of_the_adaptation_worker_is_counted_by_kind_and_outcome(
    person: Callable[[str], Person],
) -> None:
    before = value("flagfive_console_asked_total", kind="label", outcome="done")
    answer = person("analyst").post("/labels", {"ids": ["tx-1"], "verdict": "fraud", "source": "analyst"})
    assert answer.status_code == 200
    assert value("flagfive_console_asked_total", kind="label", outcome="done") == before + 1
