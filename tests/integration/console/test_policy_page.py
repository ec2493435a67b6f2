"""The decision policy in a real browser, by two people.

1. Ada adds a segment with a misspelt name; the page says what is meant, and she fixes it.
2. She looks at its blast radius and the budget, and sets the policy. With four eyes it waits.
3. She cannot accept it. Grace accepts it.
4. Payments come; what is over the bound is declined, and the page shows the version.
5. Grace rolls it back.
Broker, worker, recorder, adaptation worker, database and console are real.
"""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import Engine

from tests.browser import Console, Visitor, chromium, visitor
from tests.integration.console.conftest import give_password
from tests.integration.console.test_rules_page import (
    FIRST,
    PASSWORD,
    PATIENCE_MS,
    PEOPLE,
    bank,
    engine,
    send,
    stored,
)
from tests.stream_run import StreamRun
from tests.waiting import until

__all__ = ["bank", "engine"]  # fixtures


def test_a_policy_is_tried_proposed_accepted_by_another_person_and_rolled_back(
    bank: tuple[StreamRun, Console], engine: Engine
) -> None:
    run, console = bank
    until(lambda: stored(engine) >= FIRST, what="the payments to be stored")
    with chromium() as browser:
        ada, grace = (visitor(browser, console.address) for _ in PEOPLE)
        write_a_segment(ada)
        look_at_blast_radius_and_budget(ada)
        propose(ada)
        accept(grace)
        send(run, 400)
        look_at_declines(run)
        roll_back(grace)
        assert ada.strangers == grace.strangers == []
        assert ada.errors == grace.errors == []


def write_a_segment(ada: Visitor) -> None:
    """1: an error names segment and place; the share becomes a surprise."""
    page = ada.page
    give_password(ada, "ada", PASSWORD, "/policy")
    expect(page.get_by_text("budget alone")).to_be_visible()
    ada.picture("policy-empty")
    page.get_by_role("button", name="Add segment").click()
    page.get_by_label("Name", exact=True).fill("large")
    page.get_by_label("When", exact=True).fill("amuont > 10")
    page.get_by_label("Review from, segment 1").fill("100%")
    page.get_by_label("Decline from, segment 1").fill("0")
    page.get_by_role("button", name="Set policy").click()
    expect(page.get_by_text("no name 'amuont'; did you mean")).to_be_visible()
    page.get_by_label("When", exact=True).fill("amount > 10")


def look_at_blast_radius_and_budget(ada: Visitor) -> None:
    """2: counts by segment, and the budget by what raised alerts."""
    page = ada.page
    page.get_by_role("button", name="See blast radius").click()
    row = page.locator('[data-radius-of="large"]')
    expect(row).to_be_visible(timeout=PATIENCE_MS)
    expect(row).to_contain_text("→")
    expect(page.locator('[data-share="base"]')).to_be_visible()
    expect(page.locator('[data-share="rules"]')).to_be_visible()
    ada.picture("policy-radius")


def propose(ada: Visitor) -> None:
    """2 and 3: the policy waits, and its writer cannot accept it."""
    page = ada.page
    page.get_by_label("Reason of the change").fill("fewer large losses")
    page.get_by_role("button", name="Set policy").click()
    waiting = page.locator("[data-waiting]")
    expect(waiting).to_contain_text("large: amount > 10", timeout=PATIENCE_MS)
    expect(waiting).to_contain_text("Another person must accept it")
    waiting.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("ada wrote this policy")).to_be_visible(timeout=PATIENCE_MS)
    ada.picture("policy-waits")


def accept(grace: Visitor) -> None:
    """3: another person looks at it and accepts it."""
    page = grace.page
    give_password(grace, "grace", PASSWORD, "/policy")
    waiting = page.locator("[data-waiting]")
    expect(waiting).to_contain_text("fewer large losses", timeout=PATIENCE_MS)
    waiting.get_by_role("button", name="Accept").click()
    expect(page.locator("[data-policy]")).to_have_text("in force", timeout=PATIENCE_MS)
    expect(waiting).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("[data-version]")).to_contain_text("written by ada")
    grace.picture("policy-in-force")


def look_at_declines(run: StreamRun) -> None:
    """4: every payment over the bound is declined by its score."""
    scores = run.wait_for_scores(FIRST + 400)
    declined = [one for one in scores if one["decision"] == "decline"]
    assert declined
    assert {one["scorer"] for one in declined} == {"base"}


def roll_back(grace: Visitor) -> None:
    """5: the budget decides alone again."""
    page = grace.page
    page.get_by_role("button", name="Roll back").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.locator("[data-policy]")).to_have_text("budget alone", timeout=PATIENCE_MS)
