"""The pages in a real browser: fast with many alerts, safe with hostile text, usable by keyboard."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.axe import serious_findings
from tests.browser import NARROW, WIDE, ZONE, Console, Visitor, visitor
from tests.integration.console.conftest import SignedIn, give_password
from tests.integration.console.pages_setup import ALERTS, HOSTILE, PASSWORD, SCRIPT

PAGES = {
    "queue": "/",
    "search": "/transactions",
    "transaction": "/transactions/tx-7",
    "entity": "/entities/merchant/shop",
    "episodes": "/episodes",
    "new-episode": "/new-episode?ids=tx-7,tx-8,tx-9",
    "detectors": "/detectors",
    "bases": "/detectors/bases",
    "compare": "/detectors/compare",
    "changes": "/detectors/history",
    "inventory": "/detectors/inventory",
    "lists": "/lists",
    "list": "/lists/watched",
    "rules": "/rules",
    "suppressions": "/suppressions",
    "decision-policy": "/policy",
    "rule": "/rules/large-at-night",
    "new-rule": "/new-rule?condition=amuont%20%3E%205",
    "episode": "/episodes/gift%20cards",
    "cases": "/cases",
    "case": "/cases/1",
    "monitoring": "/monitoring",
    "approvals": "/administration",
    "users": "/administration?part=Users",
    "tokens": "/administration?part=Tokens",
    "policy": "/administration?part=Policy",
    "account": "/account",
    "audit": "/administration?part=Audit%20log",
}

LATE_CONNECTION = """
let connected = false;
Object.defineProperty(window, "did_handshake", {
  get: () => connected && window.connected === true,
  set: (value) => (connected = value),
});
"""
"""The page is not connected before the test sets `window.connected`."""
TYPE_CLICK_AND_CONNECT = """
text => {
  const field = document.querySelector("textarea[aria-label='Add a note']");
  const button = [...document.querySelectorAll("button")].find((one) => one.innerText.includes("Add note"));
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => button.click(), 5);
  setTimeout(() => (window.connected = true), 32);
}
"""
"""Events that wait look every 10 ms: the text at 30 and 40 ms, the click at 35 ms."""


def rows_stand(page: Page) -> None:
    expect(page.locator("[data-total]")).not_to_be_empty()
    page.locator(".ag-row[row-id] .ag-cell").first.wait_for()


def test_the_queue_is_painted_at_once_however_many_alerts_wait(analyst: Visitor) -> None:
    began = time.monotonic()
    analyst.open("/")
    rows_stand(analyst.page)
    took = time.monotonic() - began
    painted = analyst.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"{ALERTS:,} alerts: first paint after {painted:.0f} ms, rows after {1000 * took:.0f} ms")
    expect(analyst.page.locator("[data-total]")).to_have_text(f"{ALERTS:,}")


def test_the_last_of_very_many_alerts_is_one_page_away(analyst: Visitor) -> None:
    requests: list[str] = []
    analyst.page.on("request", lambda request: requests.append(request.url))
    analyst.open("/")
    rows_stand(analyst.page)
    analyst.page.locator(".ag-row .ag-cell").first.click()
    analyst.page.keyboard.press("Control+End")
    last = analyst.page.locator(f'.ag-row[row-index="{ALERTS - 1}"][row-id]')
    expect(last).to_be_visible()
    asked = [address for address in requests if "/alerts?" in address]
    assert all("limit=100" in address for address in asked)
    assert len(asked) < 10


def test_a_key_judges_the_alert_in_focus_and_the_next_takes_its_place(analyst: Visitor) -> None:
    page = analyst.page
    rows_stand(page)
    waiting = page.locator("[data-total]")
    before = int((waiting.text_content() or "").replace(",", ""))
    page.keyboard.press("j")
    page.keyboard.press("j")
    judged = page.locator(".ag-row-focus").first.get_attribute("row-id")
    page.keyboard.press("g")
    expect(page.locator(f'.ag-row[row-id="{judged}"]')).to_have_count(0)
    expect(waiting).to_have_text(f"{before - 1:,}")
    expect(page.locator(".ag-row-focus").first).to_have_attribute("row-index", "1")


def test_a_flag_is_seen_at_once(analyst: Visitor) -> None:
    page = analyst.page
    rows_stand(page)
    page.keyboard.press("j")
    page.evaluate(WATCH_THE_TRAY)
    page.keyboard.press("e")
    took = page.wait_for_function("window.took").json_value()
    print(f"key to flag in the tray: {took:.1f} ms")
    expect(page.locator("[data-basket]")).to_have_text("1")
    page.get_by_role("button", name="New episode").click()
    expect(page.locator("[data-flag]")).to_have_count(1)


def test_the_queue_leads_to_an_episode_that_asks_about_look_alikes(analyst: Visitor) -> None:
    page = analyst.page
    rows_stand(page)
    page.get_by_text("gift cards: 3 transactions to judge. Are these fraud too?").click()
    asked = page.locator("[data-asked]")
    expect(asked).to_have_count(3)
    expect(asked.first.get_by_role("button", name="It is fraud")).to_be_visible()
    expect(asked.first.get_by_role("button", name="It is genuine")).to_be_visible()


WATCH_THE_TRAY = """() => {
    let pressed;
    addEventListener("keydown", () => (pressed = performance.now()), true);
    new MutationObserver((_, watch) => {
        if (!document.querySelector("[data-basket]")) return;
        watch.disconnect();
        requestAnimationFrame(() => (window.took = performance.now() - pressed));
    }).observe(document.body, { subtree: true, childList: true });
}"""


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_fits_and_names_what_can_be_pressed(signed_in: SignedIn, size: tuple[int, int]) -> None:
    person = signed_in("admin")
    person.page.set_viewport_size({"width": size[0], "height": size[1]})
    for name, path in PAGES.items():
        person.open(path)
        person.page.wait_for_load_state("networkidle")
        for theme in ("light", "dark"):
            person.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            expect(person.page.locator(f"body.body--{theme}")).to_have_count(1)
            person.picture(f"{name}-{theme}-{size[0]}")
            assert serious_findings(person.page) == [], f"{name}, {theme}"
        assert person.page.locator(".state.failed").count() == 0, name
        assert person.page.evaluate("document.scrollingElement.scrollWidth") <= size[0], name
        assert person.page.evaluate(NAMELESS) == [], name
        if name in UNCUT:
            assert person.page.evaluate(CUT) == [], name


UNCUT = ("detectors", "episodes", "rules", "suppressions", "lists", "inventory")
"""Pages whose tables leave columns out in a narrow window instead of being cut."""
CUT = """() => [...document.querySelectorAll(".table-wrap")]
    .filter((one) => one.scrollWidth > one.clientWidth)
    .map((one) => `${one.ariaLabel}: ${one.scrollWidth} of ${one.clientWidth}`)"""
NAMELESS = """() => [...document.querySelectorAll("main button, main a, main input, nav button, nav a")]
    .filter((one) => one.checkVisibility() && !one.closest(".ag-root"))
    .filter((one) => !(one.innerText?.trim() || one.ariaLabel || one.labels?.length || one.placeholder))
    .map((one) => one.outerHTML)"""


def test_what_ids_notes_and_reasons_hold_stays_text(analyst: Visitor) -> None:
    page = analyst.page
    rows_stand(page)
    page.keyboard.press("j")
    expect(page.locator(".peek")).to_contain_text(SCRIPT)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    page.get_by_label("Add a note").fill(f"{SCRIPT} seen")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".note")).to_contain_text(f"{SCRIPT} seen")
    page.reload()
    expect(page.locator(".note")).to_contain_text(f"{SCRIPT} seen")
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0


def test_who_shares_a_card_is_drawn_and_reached_by_keyboard(analyst: Visitor) -> None:
    page = analyst.page
    analyst.open("/entities/merchant/shop")
    table = page.get_by_role("table", name="Entities within two links")
    expect(table.get_by_role("link").first).to_be_visible()
    rows = table.locator("tbody tr").count()
    assert rows > 1
    assert page.locator("svg.graph circle").count() == rows
    table.get_by_role("link").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/entities/card/**")
    assert analyst.errors == []


def test_a_click_waits_for_the_text_typed_before_it_while_the_page_connects(analyst: Visitor) -> None:
    page = analyst.page
    page.add_init_script(LATE_CONNECTION)
    for attempt in range(5):
        analyst.open("/transactions/tx-8")
        expect(page.get_by_role("button", name="Add note")).to_be_visible()
        page.evaluate(TYPE_CLICK_AND_CONNECT, f"seen {attempt}")
        expect(page.locator(".note").last).to_contain_text(f"seen {attempt}")


def test_keys_are_explained_and_leave_typing_alone(analyst: Visitor) -> None:
    page = analyst.page
    rows_stand(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("add to a new episode")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("jfge")
    expect(page.locator("[data-search]").first).to_have_value("jfge")
    expect(page.locator("[data-basket]")).to_have_count(0)


def test_times_stand_in_the_viewers_zone_with_utc_beside_them(analyst: Visitor) -> None:
    page = analyst.page
    analyst.open("/transactions/tx-7")
    shown = page.locator("time").first
    local, utc = shown.text_content() or "", shown.get_attribute("title") or ""
    assert utc.endswith(" UTC")
    there = datetime.strptime(utc, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE))
    assert local == f"{there:%-d %b %Y, %H:%M:%S}"


def test_whoever_may_only_look_is_offered_nothing_else(signed_in: SignedIn) -> None:
    person = signed_in("viewer")
    rows_stand(person.page)
    for words in ("Fraud (f)", "Genuine (g)", "Add to episode (e)"):
        expect(person.page.get_by_role("button", name=words)).to_have_count(0)
    person.open("/administration?part=Audit%20log")
    expect(person.page.locator(".state.failed")).to_contain_text("may not")


def test_a_wrong_password_is_told_and_nobody_is_led_elsewhere(browser: Browser, console: Console) -> None:
    person = visitor(browser, console.address)
    give_password(person, "analyst", "not the password", "//elsewhere.example/")
    expect(person.page.get_by_role("alert")).to_contain_text("wrong")
    person.page.get_by_label("Password").fill(PASSWORD)
    person.page.get_by_role("button", name="Sign in").click()
    person.page.wait_for_url(f"{console.address}/")
    person.context.close()
