"""Cases in a browser: a deadline that passes, and two cases that become one and two again."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser import Visitor


def opened(person: Visitor, body: dict[str, Any]) -> int:
    """Open a case by the API as the person who is signed in."""
    api = f"{person.origin}/api/v1"
    csrf = person.page.request.get(f"{api}/session").json()["csrf"]
    answer = person.page.request.post(f"{api}/cases", data=body, headers={"X-CSRF-Token": csrf})
    assert answer.ok, answer.text()
    return int(answer.json()["id"])


def test_an_analyst_merges_two_cases_and_undoes_it(analyst: Visitor) -> None:
    page = analyst.page
    first = opened(analyst, {"title": "one phone, card A", "priority": "urgent", "ids": [1, 2]})
    second = opened(analyst, {"title": "one phone, card B", "ids": [3]})
    analyst.open(f"/cases/{first}")
    page.get_by_role("button", name="Merge", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Into").click()
    page.get_by_role("option", name=f"{second}: one phone, card B").click()
    dialog.get_by_role("button", name="Merge cases").click()
    expect(page.get_by_role("heading", name="one phone, card B")).to_be_visible()
    expect(page.get_by_label("Alerts of the case").get_by_role("row")).to_have_count(4)
    expect(page.get_by_label("Deadline", exact=True)).to_contain_text("urgent")
    analyst.picture("case-merged")
    page.get_by_role("link", name=f"case {first}").click()
    expect(page.get_by_text(f"This case was merged into case {second}")).to_be_visible()
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.get_by_label("Alerts of the case").get_by_role("row")).to_have_count(3)
    analyst.open(f"/cases/{second}")
    expect(page.get_by_label("Alerts of the case").get_by_role("row")).to_have_count(2)


def test_a_case_past_its_deadline_is_marked_and_its_alerts_are_filtered(analyst: Visitor) -> None:
    page = analyst.page
    opened(analyst, {"title": "forgotten", "due_at": 1.7e9, "ids": [4]})
    analyst.open("/cases?status=overdue")
    row = page.get_by_label("Cases", exact=True).get_by_role("row").filter(has_text="forgotten")
    expect(row).to_contain_text("overdue")
    analyst.open("/")
    analyst.choose("Case", "Overdue")
    expect(page.locator("[data-total]")).to_have_text("1")
