"""A user manages their own access in a real browser: second factor, sessions, password."""

from __future__ import annotations

import base64
import re
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, Page, expect

from tests.browser import Console, visitor
from tests.integration.console.conftest import SignedIn, give_password
from tests.integration.console.pages_setup import PASSWORD


def code_of(secret: str, steps_ahead: int = 0) -> str:
    """What an authenticator app shows now, or in 30 s."""
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    return totp.generate(int(time.time()) + 30 * steps_ahead).decode()


def set_up(page: Page) -> tuple[str, str]:
    """Set the second factor up; return its key and a recovery code."""
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    secret = (page.get_by_label("Key for the app").text_content() or "").replace(" ", "")
    page.get_by_label("Code", exact=True).fill(code_of(secret))
    page.get_by_role("button", name="Confirm").click()
    codes = page.get_by_label("Recovery codes").locator("li")
    expect(codes).to_have_count(10)
    return secret, codes.first.text_content() or ""


def test_a_second_factor_is_set_up_asked_for_and_removed(
    signed_in: SignedIn, browser: Browser, console: Console
) -> None:
    """1 set it up; 2 the sign-in page asks for a code; 3 a code signs in; 4 a recovery code removes it."""
    viewer = signed_in("viewer")
    viewer.page.get_by_label("Your account").first.click()
    expect(viewer.page.get_by_role("heading", name="Your account")).to_be_visible()
    viewer.picture("account")
    secret, recovery = set_up(viewer.page)
    again = visitor(browser, console.address)
    give_password(again, "viewer", PASSWORD)
    code = again.page.get_by_label(re.compile("^Code from your"))
    expect(code).to_be_visible()
    again.picture("sign-in-code")
    code.fill(code_of(secret, steps_ahead=1))
    again.page.get_by_role("button", name="Sign in").click()
    expect(again.page.get_by_role("heading", name="Queue")).to_be_visible()
    again.open("/account")
    expect(again.page.get_by_role("table", name="Your sessions").locator("tbody tr")).to_have_count(2)
    again.page.get_by_label("Code of your app").fill(recovery)
    again.page.get_by_role("button", name="Remove").click()
    expect(again.page.get_by_role("button", name="Set up")).to_be_visible()
    assert again.errors + again.strangers == []
    again.context.close()


def test_a_session_elsewhere_is_ended_and_its_page_asks_to_sign_in(
    signed_in: SignedIn, browser: Browser, console: Console
) -> None:
    here, there = signed_in("viewer"), signed_in("viewer")
    here.open("/account")
    rows = here.page.get_by_role("table", name="Your sessions").locator("tbody tr")
    expect(rows.filter(has_text="this one")).to_have_count(1)
    here.page.get_by_role("button", name="End all others").click()
    expect(rows).to_have_count(1)
    # The queue asks for new alerts by itself, and its answer leads to the sign-in page.
    expect(there.page).to_have_url(re.compile("/sign-in"), timeout=15_000)


def test_wrong_passwords_make_the_form_wait(browser: Browser, console: Console) -> None:
    person = visitor(browser, console.address)
    told = person.page.get_by_role("alert")
    for _ in range(10):  # on a slow machine the first delays are over before the next try
        give_password(person, "no such person", "wrong")
        expect(told).not_to_be_empty()
        if "too many" in (told.text_content() or ""):
            break
    expect(told).to_contain_text("too many wrong passwords")
    expect(person.page.get_by_role("button", name=re.compile(r"Sign in \(in \d+ s\)"))).to_be_disabled()
    expect(person.page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()
    person.context.close()
