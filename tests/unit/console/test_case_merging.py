"""Merging cases: what moves, what stays, what is refused, and how it is undone."""

from collections.abc import Callable
from typing import Any

import pytest

from console.context import ConsoleContext
from storage.personal_data import PersonalData
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import CARD

pytestmark = pytest.mark.usefixtures("stored")
Sign = Callable[[str], Person]


@pytest.fixture
def ada(person: Sign) -> Person:
    return person("analyst")


def opened(ada: Person, title: str, *alerts: int, **fields: Any) -> int:
    """Open a case with a note and a link that bear its title."""
    made: int = ada.post("/cases", {"title": title, "ids": list(alerts)} | fields).json()["id"]
    ada.post(f"/cases/{made}/notes", {"text": f"note of {title}"})
    ada.post(f"/cases/{made}/links", {"url": f"https://bank.example/{title}"})
    return made


def content(case: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    return (
        [row["transaction_id"] for row in case["alert_rows"]],
        [note["text"] for note in case["notes"]],
        [link["url"].rsplit("/")[-1] for link in case["links"]],
    )


def test_alerts_notes_and_links_move_and_the_other_case_says_where_they_are(ada: Person) -> None:
    one, two = opened(ada, "one", 1, 2, priority="urgent"), opened(ada, "two", 2, 3, priority="low")
    urgent = ada.get(f"/cases/{one}").json()["due_at"]
    target = ada.post(f"/cases/{one}/merge", {"into": two}).json()
    assert (target["id"], target["title"], target["merged_from"]) == (two, "two", [one])
    assert (target["priority"], target["due_at"]) == ("urgent", urgent)
    alerts, notes, links = content(target)
    assert (sorted(alerts), notes, links) == (
        ["tx-0", "tx-1", "tx-2"], ["note of one", "note of two"], ["one", "two"],
    )  # fmt: skip
    source = ada.get(f"/cases/{one}").json()
    assert (source["status"], source["merged_into"], content(source)) == ("closed", two, ([], [], []))


def test_a_merge_is_undone_and_what_was_added_since_stays(ada: Person) -> None:
    one, two = opened(ada, "one", 1, 2, priority="high"), opened(ada, "two", 2, 3)
    ada.ask("PATCH", f"/cases/{one}", json={"status": "working"})
    before = [ada.get(f"/cases/{case}").json() for case in (one, two)]
    ada.post(f"/cases/{one}/merge", {"into": two})
    ada.post(f"/cases/{two}/alerts", {"ids": [4]})
    ada.post(f"/cases/{two}/notes", {"text": "since"})
    source = ada.post(f"/cases/{one}/unmerge", None).json()
    target = ada.get(f"/cases/{two}").json()
    assert (source["status"], source["merged_into"]) == ("working", None)
    assert content(source) == content(before[0])
    assert content(target) == (
        ["tx-1", "tx-2", "tx-3"], ["note of two", "since"], ["two"],
    )  # fmt: skip
    assert (target["priority"], target["due_at"]) == (before[1]["priority"], before[1]["due_at"])


def test_a_deadline_changed_since_the_merge_is_kept_when_it_is_undone(ada: Person) -> None:
    one, two = opened(ada, "one", priority="urgent"), opened(ada, "two")
    ada.post(f"/cases/{one}/merge", {"into": two})
    ada.ask("PATCH", f"/cases/{two}", json={"due_at": 5e9})
    ada.post(f"/cases/{one}/unmerge", None)
    assert ada.get(f"/cases/{two}").json()["due_at"] == 5e9


@pytest.mark.parametrize(
    ("what", "status", "says"),
    [
        ("itself", 422, "cannot be merged into itself"),
        ("unknown", 404, "no case 999"),
        ("closed", 409, "is closed"),
        ("merged target", 409, "merge into case"),
        ("merged source", 409, "cannot be merged again"),
    ],
)
def test_a_merge_that_cannot_be_is_refused_and_changes_nothing(
    ada: Person, what: str, status: int, says: str
) -> None:
    one, two, three = opened(ada, "one", 1), opened(ada, "two", 2), opened(ada, "three", 3)
    if what.startswith("merged"):
        ada.post(f"/cases/{two}/merge", {"into": three})
    if what == "closed":
        ada.ask("PATCH", f"/cases/{two}", json={"status": "closed"})
    source, into = {
        "itself": (one, one), "unknown": (one, 999), "closed": (one, two), "merged target": (one, two),
        "merged source": (two, one),
    }[what]  # fmt: skip
    before = [ada.get(f"/cases/{case}").json() for case in (one, two, three)]
    answer = ada.post(f"/cases/{source}/merge", {"into": into})
    assert answer.status_code == status, answer.text
    assert says in answer.text
    assert [ada.get(f"/cases/{case}").json() for case in (one, two, three)] == before


def test_a_merged_case_refuses_changes_and_names_the_one_to_change(ada: Person) -> None:
    one, two = opened(ada, "one", 1), opened(ada, "two", 2)
    ada.post(f"/cases/{one}/merge", {"into": two})
    tries = [
        ada.ask("PATCH", f"/cases/{one}", json={"status": "open"}),
        ada.post(f"/cases/{one}/alerts", {"ids": [4]}),
        ada.post(f"/cases/{one}/notes", {"text": "late"}),
        ada.post(f"/cases/{one}/links", {"url": "https://bank.example/late"}),
    ]
    assert [answer.status_code for answer in tries] == [409] * 4
    assert all(f"was merged into case {two}" in answer.text for answer in tries)


def test_only_the_last_merge_of_a_chain_can_be_undone(ada: Person) -> None:
    one, two, three = opened(ada, "one", 1), opened(ada, "two", 2), opened(ada, "three", 3)
    ada.post(f"/cases/{one}/merge", {"into": two})
    ada.post(f"/cases/{two}/merge", {"into": three})
    refused = ada.post(f"/cases/{one}/unmerge", None)
    assert (refused.status_code, "undo that merge first" in refused.text) == (409, True)
    assert ada.post(f"/cases/{two}/unmerge", None).status_code == 200
    assert content(ada.post(f"/cases/{one}/unmerge", None).json())[0] == ["tx-0"]


def test_a_case_that_was_not_merged_has_nothing_to_undo(ada: Person) -> None:
    refused = ada.post(f"/cases/{opened(ada, 'one')}/unmerge", None)
    assert (refused.status_code, "is not merged" in refused.text) == (409, True)


def test_the_audit_log_has_an_entry_for_each_of_both_cases(ada: Person, context: ConsoleContext) -> None:
    one, two = opened(ada, "one", 1), opened(ada, "two", 2)
    ada.post(f"/cases/{one}/merge", {"into": two})
    ada.post(f"/cases/{one}/unmerge", None)
    with context.unit(reads_only=True) as unit:
        acts = [(entry.action, entry.subject) for entry in unit.audit._entries()][-4:]
    assert acts == [
        (action, f"case {case}") for action in ("merge cases", "undo merge of cases") for case in (one, two)
    ]


def test_erasing_an_entity_takes_the_merged_cases_along(ada: Person, context: ConsoleContext) -> None:
    one, two = opened(ada, "one", 1), opened(ada, "two", 1)
    ada.post(f"/cases/{one}/merge", {"into": two})
    with context.unit() as unit:
        erased = PersonalData(unit.session, "card", CARD).erase()
        unit.commit()
    assert erased["cases"] == 2
    assert ada.get("/cases").json()["total"] == 0
