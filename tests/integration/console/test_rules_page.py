"""A rule from its first letters to live and back, in a real browser, by two people.

1. Ada writes a rule with a misspelt name; the page shows the place, and she takes the suggestion.
2. She completes a name with the keyboard, and tests the condition on one stored payment.
3. She looks at its blast radius, and saves it in shadow.
4. Payments match; the page shows them without a reload.
5. With four eyes she cannot set it live. Grace sets it live for 10% of the cards, then for all.
6. It raises alerts. Grace rolls the last change back.
7. She imports a list, takes an id off, and searches another.
8. She silences the rule until a day, and ends that again.
Broker, worker, recorder, adaptation worker, database and console are real.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from console.access.passwords import hash_password
from contracts.standing_policy import StandingPolicy
from flagfive.database import migrate_and_seal, open_database
from flagfive.processes import Processes
from settings import Settings
from storage import UnitOfWork
from storage.users import User
from tests.adaptation_worker import adapting
from tests.browser import ROOT, Console, Visitor, chromium, start_console, visitor
from tests.integration.console.conftest import give_password
from tests.stream_run import StreamRun, environment_of, stream_run
from tests.waiting import until

PASSWORD = "correct horse battery"
PEOPLE = ("ada", "grace")
RULE = "large-and-quick"
FIRST, SECOND, THIRD = 400, 400, 600  # payments before the rule, while it is in shadow, and while it is live
PATIENCE_MS = 60_000
FOUR_EYES = StandingPolicy(steer_seconds=0.0, most_refined=0, four_eyes=True)


@pytest.fixture
def engine(stream_settings: Settings) -> Iterator[Engine]:
    engine = open_database(stream_settings)
    migrate_and_seal(engine)
    with UnitOfWork(engine) as unit:
        for name in PEOPLE:
            unit.users.add(
                User(name=name, role="lead", password_hash=hash_password(PASSWORD), created_at=0.0)
            )
        unit.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def bank(stream_settings: Settings, engine: Engine) -> Iterator[tuple[StreamRun, Console]]:
    """Payments that are scored and stored, and a console that asks for four eyes."""
    environment = environment_of(stream_settings) | {
        "FLAGFIVE_ADAPTATION__FOUR_EYES": "true",
        "PYTHONPATH": str(ROOT),
    }
    with stream_run(stream_settings) as run, Processes(stream_settings.var / "log") as processes:
        run.start_worker()
        processes.start(
            "recorder", [sys.executable, "-m", "flagfive", "recorder"], environment=environment, folder=ROOT
        )
        run.send_transactions(FIRST)
        run.wait_for_scores(FIRST)
        with adapting(stream_settings, engine, policy=FOUR_EYES):
            yield run, start_console(processes, environment)


def test_a_rule_is_written_shadowed_set_live_by_another_person_and_rolled_back(
    bank: tuple[StreamRun, Console], engine: Engine
) -> None:
    run, console = bank
    until(lambda: stored(engine) >= FIRST, what="the payments to be stored")
    with chromium() as browser:
        ada, grace = (visitor(browser, console.address) for _ in PEOPLE)
        write_with_an_error_and_fix_it(ada)
        complete_a_name(ada)
        try_on_one_payment(ada)
        see_the_blast_radius(ada)
        save_in_shadow(ada)
        send(run, SECOND)
        look_at_matches(ada)
        be_refused_as_the_writer(ada)
        set_live(grace, 10)
        set_live(grace, 100)
        send(run, THIRD)
        look_at_alerts(grace)
        roll_back(grace)
        import_a_list(grace, run.settings.var)
        silence_the_rule(grace)
        assert ada.strangers == grace.strangers == []
        assert ada.errors == grace.errors == []


def stored(engine: Engine) -> int:
    with UnitOfWork(engine, reads_only=True) as unit:
        return unit.transactions.count_since(0.0)


def send(run: StreamRun, count: int) -> None:
    """Send payments from a thread of its own: the browser holds the event loop of this one."""
    sending = threading.Thread(target=run.send_transactions, args=(count,), kwargs={"seed": count})
    sending.start()
    sending.join()


def write_with_an_error_and_fix_it(ada: Visitor) -> None:
    """1: the error names place, finding and suggestion while she types."""
    page = ada.page
    give_password(ada, "ada", PASSWORD, "/rules")
    expect(page.get_by_text("No rules yet")).to_be_visible()
    ada.picture("rules-empty")
    page.get_by_role("button", name="New rule").click()
    page.get_by_label("Id", exact=True).fill(RULE)
    page.get_by_label("Condition").fill("amount > 10 && card.cuont_1h >= 0")
    expect(page.get_by_text("Column 16: no name 'card.cuont_1h'; did you mean")).to_be_visible()
    ada.picture("rule-error")
    page.get_by_role("button", name="Use card.count_1h", exact=True).click()
    expect(page.get_by_label("Condition")).to_have_value("amount > 10 && card.count_1h >= 0")
    expect(page.get_by_text("The condition can be used.")).to_be_visible()


def complete_a_name(ada: Visitor) -> None:
    """2: by the keyboard alone."""
    page = ada.page
    field = page.get_by_label("Condition")
    field.press("Control+End")
    field.press_sequentially(" && card.age")
    expect(page.get_by_role("option", name="card.age_days")).to_be_visible()
    ada.picture("rule-completion")
    field.press("Enter")
    field.press_sequentially(" >= 0")
    expect(field).to_have_value("amount > 10 && card.count_1h >= 0 && card.age_days >= 0")
    expect(page.get_by_text("The condition can be used.")).to_be_visible()


def try_on_one_payment(ada: Visitor) -> None:
    """2: the values that the condition reads stand beside the outcome."""
    page = ada.page
    page.get_by_label("Transaction id").fill("tx-5")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_label("Values of the transaction")).to_contain_text("card.count_1h")


def see_the_blast_radius(ada: Visitor) -> None:
    """3: the stored payments are evaluated with the program that decides live."""
    page = ada.page
    page.get_by_role("button", name="See blast radius").click()
    matches = page.locator("[data-radius] .tile").filter(has_text="Matches a day")
    expect(matches).to_contain_text(f"of {FIRST}", timeout=PATIENCE_MS)
    expect(
        page.locator("[data-radius]").get_by_role("img", name="Matches by day in the past")
    ).to_be_visible()
    ada.picture("rule-blast-radius")


def save_in_shadow(ada: Visitor) -> None:
    """3: the page of the rule opens once the recorder has stored it."""
    page = ada.page
    page.get_by_label("Note: what it is for").fill("large and quick")
    page.get_by_role("button", name="Save in shadow").click()
    expect(page.locator("[data-mode=shadow]")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("No matches yet")).to_be_visible()
    ada.picture("rule-saved")


def look_at_matches(ada: Visitor) -> None:
    """4: matches appear without a reload."""
    page = ada.page
    expect(page.locator("[data-matches]:not([data-matches='0'])")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_label("Payments").get_by_role("link").first).to_be_visible()
    ada.picture("rule-shadow")


def be_refused_as_the_writer(ada: Visitor) -> None:
    """5: the worker decides, not the page."""
    page = ada.page
    expect(page.get_by_text("You wrote it last. Another person must set it live.")).to_be_visible()
    page.get_by_role("radio", name="Live").click()
    page.get_by_role("button", name="Set mode").click()
    expect(page.get_by_text("another person sets it live")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("[data-mode=shadow]")).to_be_visible()


def set_live(grace: Visitor, percent: int) -> None:
    """5: the heading shows the mode once the entry is stored."""
    page = grace.page
    if percent < 100:
        give_password(grace, "grace", PASSWORD, f"/rules/{RULE}")
    page.get_by_role("radio", name="Live").click()
    page.get_by_label("Percent of cards").fill(str(percent))
    page.get_by_role("button", name="Set mode").click()
    words = "live" if percent == 100 else f"live {percent}%"
    expect(mode_of(page)).to_have_text(words, timeout=PATIENCE_MS)
    grace.picture(f"rule-live-{percent}")


def mode_of(page: Page) -> Locator:
    return page.locator("[data-mode]")


def look_at_alerts(grace: Visitor) -> None:
    """6: the rule raises alerts of its own."""
    tile = grace.page.locator(".tile").filter(has_text="Alerts").locator(".value")
    expect(tile).not_to_have_text("0", timeout=PATIENCE_MS)
    grace.picture("rule-alerts")


def roll_back(grace: Visitor) -> None:
    """6: the version before is in force again, and the history shows all of them."""
    page = grace.page
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("too many alerts")
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(mode_of(page)).to_have_text("live 10%", timeout=PATIENCE_MS)
    expect(page.locator("[data-version]")).to_have_count(4)
    expect(page.get_by_role("region", name="Versions")).to_contain_text("percent: 100% → 10%")
    grace.picture("rule-rolled-back")


def import_a_list(grace: Visitor, folder: Path) -> None:
    """7: a list of ids from a file, searched, with one taken off."""
    page = grace.page
    grace.open("/lists")
    expect(page.get_by_text("No lists yet")).to_be_visible()
    page.get_by_role("button", name="New list").click()
    page.get_by_role("dialog").get_by_label("Name").fill("watched")
    grace.choose("Holds", "ids of the kind merchant")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.locator("[data-values='0']")).to_be_visible(timeout=PATIENCE_MS)
    file = folder / "watched.csv"
    file.write_text("value,reason\nmerchant-1,inquiry\nmerchant-2,\nmerchant-3,\n")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("[data-values='3']")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Take off merchant-2").click()
    expect(page.locator("[data-values='2']")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Search an id").fill("merchant-1")
    page.get_by_label("Search an id").press("Enter")
    expect(page.locator("[data-value=merchant-3]")).to_have_count(0)
    expect(page.locator("[data-value=merchant-1]")).to_contain_text("inquiry")
    grace.picture("list")


def silence_the_rule(grace: Visitor) -> None:
    """8: the rule is silenced until a day, is listed with the reason, and the suppression is ended."""
    page = grace.page
    grace.open("/rules")
    page.get_by_role("button", name="Suppressions").click()
    expect(page.get_by_text("Nothing is silenced")).to_be_visible()
    page.get_by_role("button", name="Silence").click()
    expect(page.get_by_text("names a scorer and an end")).to_be_visible()
    grace.choose("Scorer", f"rule/{RULE}")
    page.get_by_label("Until, event time (UTC)").fill("2100-01-31T00:00")
    page.get_by_label("Reason").fill("a sale")
    page.get_by_role("button", name="Silence").click()
    held = page.locator("[data-suppression]")
    expect(held).to_have_count(1, timeout=PATIENCE_MS)
    expect(held).to_contain_text("a sale")
    grace.picture("suppressions")
    page.get_by_role("button", name=f"End the suppression of rule/{RULE}").press("Enter")
    expect(page.get_by_text("Nothing is silenced")).to_be_visible(timeout=PATIENCE_MS)
