"""An analyst's morning, in a real browser, on a real broker, database and workers.

1. An administrator signs in with the one-time link and creates a user.
2. The user signs in and sees the queue fill.
3. She opens an alert.
4. Payments of a new pattern raised no alerts: she finds five and flags them.
5. The preview shows the effect of an episode.
6. The episode goes live and every partition acknowledges.
7. The next payment of the pattern raises an alert.
8. She confirms one alert and rejects one.
9. She saves a readable rule that the flags suggest, in shadow.
10. She rolls the last change of the detector back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from flagfive.demo.story import BEFORE
from tests.browser import Console, Visitor, chromium, start_console, visitor
from tests.end_to_end.live_bank import PARTITIONS, LiveBank, live_bank
from tests.waiting import until

FLAGGED = 5
NAME, PASSWORD = "maria", "five flags, then the rest"
PATIENCE_MS = 60_000


@pytest.fixture
def bank(broker: str, tmp_path: Path) -> Iterator[tuple[LiveBank, Console]]:
    with live_bank(broker, tmp_path) as (bank, processes):
        bank.warm_up()
        console = start_console(processes, bank.environment)
        bank.begin_live()
        yield bank, console


def test_five_flags_in_the_console_catch_the_rest(bank: tuple[LiveBank, Console]) -> None:
    payments, console = bank
    with chromium() as browser:
        admin = visitor(browser, console.address)
        make_a_lead(admin, console.link)
        analyst = visitor(browser, console.address)
        sign_in(analyst)
        see_the_queue_fill(analyst)
        open_an_alert(analyst)
        flag_five_that_passed(analyst, payments)
        preview(analyst)
        go_live(analyst)
        see_the_next_catch(analyst)
        confirm_one_and_reject_one(analyst)
        keep_a_rule_of_the_pattern(analyst)
        roll_back(analyst)
        assert admin.strangers == analyst.strangers == []
        assert admin.errors == analyst.errors == []


def make_a_lead(admin: Visitor, link: str) -> None:
    """1: sign in with the link, and create a user who may flag, approve and roll back."""
    admin.page.goto(link)
    admin.open("/administration?part=Users")
    admin.page.get_by_role("button", name="New user").click()
    admin.page.get_by_label("Name").fill(NAME)
    admin.page.get_by_label("Password").fill(PASSWORD)
    admin.choose("Role", "lead")
    admin.page.get_by_role("button", name="Create").click()
    expect(admin.page.get_by_role("cell", name=NAME)).to_be_visible()
    admin.picture("administration")


def sign_in(analyst: Visitor) -> None:
    """2: the queue requires a sign-in."""
    page = analyst.page
    analyst.open("/")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    analyst.picture("sign-in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def see_the_queue_fill(analyst: Visitor) -> None:
    """2: alerts appear without a page reload."""
    page = analyst.page
    page.locator(".ag-row .ag-cell").first.wait_for()
    before = waiting(page)
    until(lambda: waiting(page) > before, what="new alerts to appear by themselves")
    analyst.picture("queue")


def waiting(page: Page) -> int:
    """Return the number of waiting alerts that the queue shows."""
    return int((page.locator("[data-total]").text_content() or "0").replace(",", "") or 0)


def open_an_alert(analyst: Visitor) -> None:
    """3: use only the keyboard; the panel beside the queue explains the focused alert."""
    page = analyst.page
    page.keyboard.press("j")
    expect(page.locator(".peek .reasons li").first).to_be_visible()
    analyst.picture("queue-in-focus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/transactions/*")
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    analyst.picture("transaction")


def flag_five_that_passed(analyst: Visitor, payments: LiveBank) -> None:
    """4: search for the first payments of a new pattern, because they raised no alerts."""
    page = analyst.page
    until(lambda: payments.observer.before.pattern.seen >= BEFORE, what=f"{BEFORE} payments of the pattern")
    missed = until(
        lambda: len(payments.observer.missed) >= FLAGGED, what="payments of the pattern that passed"
    )
    assert missed
    for number, identity in enumerate(list(payments.observer.missed.values())[:FLAGGED], 1):
        analyst.open(f"/transactions?q={identity}")
        page.locator(f'.ag-row[row-id="{identity}"] .ag-cell').first.wait_for()
        page.keyboard.press("j")
        page.keyboard.press("e")
        expect(page.locator("[data-basket]")).to_have_text(str(number))
    analyst.picture("search")


def preview(analyst: Visitor) -> None:
    """5: the worker that would adapt the detector returns the preview."""
    page = analyst.page
    page.get_by_role("button", name="New episode").click()
    expect(page.locator("[data-flag]")).to_have_count(FLAGGED)
    page.get_by_label("Name of the pattern").fill("split purchases")
    expect(page.get_by_text("The gate would let it pass")).to_be_visible(timeout=PATIENCE_MS)
    analyst.picture("new-episode")


def go_live(analyst: Visitor) -> None:
    """6: the page updates without a reload until every partition has acknowledged."""
    page, began = analyst.page, time.monotonic()
    page.get_by_role("button", name="Go live").click()
    page.wait_for_url("**/episodes/*")
    everywhere = f"live on {PARTITIONS} of {PARTITIONS} partitions"
    expect(page.locator("[data-acks]")).to_contain_text(everywhere, timeout=PATIENCE_MS)
    print(f"click to «{page.locator('[data-acks]').text_content()}»: {time.monotonic() - began:.1f} s")
    expect(page.locator("[data-status=live]")).to_be_visible(timeout=PATIENCE_MS)


def see_the_next_catch(analyst: Visitor) -> None:
    """7: the detector's alerts appear on the episode's page."""
    expect(analyst.page.locator("[data-catch]").nth(1)).to_be_visible(timeout=PATIENCE_MS)
    analyst.picture("episode")


def confirm_one_and_reject_one(analyst: Visitor) -> None:
    """8: both verdicts appear beside the alerts and count in the precision."""
    page = analyst.page
    page.get_by_role("heading", name="Caught").hover()
    for words, verdict in (("Confirm as fraud", "fraud"), ("Reject as genuine", "genuine")):
        row = page.locator("[data-catch]").filter(has=page.get_by_role("button", name=words)).first
        # Which row is the first changes with the next catch, so the row is named from here on.
        chosen = page.locator(f'[data-catch="{row.get_attribute("data-catch")}"]')
        chosen.get_by_role("button", name=words).click()
        expect(chosen.locator(".tag")).to_have_text(verdict, timeout=PATIENCE_MS)
    expect(page.get_by_text("2 alerts judged")).to_be_visible(timeout=PATIENCE_MS)


def keep_a_rule_of_the_pattern(analyst: Visitor) -> None:
    """9: the flags suggest a readable rule; one click saves it in shadow."""
    page, episode = analyst.page, analyst.page.url
    page.get_by_role("button", name="Suggest a rule").click()
    save = page.get_by_role("button", name="Save in shadow")
    expect(save).to_be_visible(
        timeout=2 * PATIENCE_MS
    )  # a look back over 400,000 stored payments comes first
    analyst.picture("episode-rule")
    save.click()
    page.wait_for_url("**/rules/from-split-purchases*")
    expect(page.get_by_label("Condition")).to_have_value(re.compile(" "), timeout=PATIENCE_MS)
    page.goto(episode)


def roll_back(analyst: Visitor) -> None:
    """10: restore the state before the last change; the history names the user."""
    page = analyst.page
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("a rehearsal")
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text("rollback", timeout=PATIENCE_MS)
    analyst.picture("episode-rolled-back")
