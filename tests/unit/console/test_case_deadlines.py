"""Deadlines of cases: by priority, by hand, overdue in lists, queue and exports."""

import csv
from collections.abc import Callable

import pytest

from console.context import ConsoleContext
from tests.unit.console.at_hand import Clock
from tests.unit.console.people import Person

pytestmark = pytest.mark.usefixtures("stored")
Sign = Callable[[str], Person]
HOUR = 3_600.0


@pytest.mark.parametrize(("priority", "hours"), [("low", 168), ("normal", 72), ("high", 24), ("urgent", 4)])
def test_a_new_case_is_due_after_the_hours_of_its_priority(
    person: Sign, clock: Clock, priority: str, hours: float
) -> None:
    made = person("analyst").post("/cases", {"title": "x", "priority": priority}).json()
    assert (made["priority"], made["due_at"]) == (priority, clock.now + hours * HOUR)
    assert made["overdue"] is False


def test_without_hours_a_priority_has_no_deadline(person: Sign, context: ConsoleContext) -> None:
    ada = person("analyst")
    cases = context.settings.cases.model_copy(update={"low_hours": 0.0})
    object.__setattr__(context, "settings", context.settings.model_copy(update={"cases": cases}))
    assert ada.post("/cases", {"title": "x", "priority": "low"}).json()["due_at"] is None


def test_another_priority_counts_from_the_opening_and_a_deadline_by_hand_stays(
    person: Sign, clock: Clock
) -> None:
    ada, opened = person("analyst"), clock.now
    route = f"/cases/{ada.post('/cases', {'title': 'x'}).json()['id']}"
    clock.now += 3 * HOUR
    ada = person("analyst")  # the session has ended meanwhile
    assert ada.ask("PATCH", route, json={"priority": "urgent"}).json()["due_at"] == opened + 4 * HOUR
    both = {"priority": "high", "due_at": opened + 9 * HOUR}
    assert ada.ask("PATCH", route, json=both).json()["due_at"] == opened + 9 * HOUR
    assert ada.ask("PATCH", route, json={"title": "y"}).json()["due_at"] == opened + 9 * HOUR
    assert ada.ask("PATCH", route, json={"due_at": None}).json()["due_at"] is None


def test_overdue_cases_and_their_alerts_are_found_until_the_case_is_closed(
    person: Sign, clock: Clock
) -> None:
    ada = person("analyst")
    late = ada.post("/cases", {"title": "late", "priority": "urgent", "ids": [1, 2]}).json()
    ada.post("/cases", {"title": "in time", "ids": [2, 3]})
    assert ada.get("/cases", overdue="true").json()["total"] == 0
    clock.now = late["due_at"] + 1
    ada = person("analyst")  # the session has ended meanwhile
    (row,) = ada.get("/cases", overdue="true").json()["rows"]
    assert (row["title"], row["overdue"]) == ("late", True)
    exported = csv.DictReader(ada.get("/cases/export", overdue="true").text.splitlines())
    assert [one["title"] for one in exported] == ["late"]
    queue = ada.get("/alerts", overdue="true").json()
    assert {row["id"]: row["due_at"] for row in queue["rows"]} == {1: late["due_at"], 2: late["due_at"]}
    assert ada.get("/alerts").json()["total"] > queue["total"] == 2
    ada.ask("PATCH", f"/cases/{late['id']}", json={"status": "closed"})
    assert ada.get("/cases", overdue="true").json()["total"] == 0
    assert ada.get("/alerts", overdue="true").json()["total"] == 0


@pytest.mark.parametrize("field", [{"priority": "burning"}, {"due_at": "tomorrow"}, {"due_at": -1}])
def test_a_wrong_priority_or_deadline_is_refused(person: Sign, field: dict[str, object]) -> None:
    ada = person("analyst")
    assert ada.post("/cases", {"title": "x"} | field).status_code == 422
