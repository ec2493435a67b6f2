"""The form of the decision policy in a real browser: segments are added, moved and dropped, and tried."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.integration.console.conftest import SignedIn

PATIENCE_MS = 60_000


def test_segments_are_added_moved_dropped_and_tried(signed_in: SignedIn) -> None:
    lead = signed_in("lead")
    page = lead.page
    lead.open("/policy")
    expect(page.locator("[data-policy]")).to_have_text("budget alone", timeout=PATIENCE_MS)
    for number, name in enumerate(("first", "second", "third"), 1):
        page.get_by_role("button", name="Add segment").click()
        segment = page.locator(f'[data-segment="{number}"]')
        segment.get_by_label("Name", exact=True).fill(name)
        segment.get_by_label("When", exact=True).fill(f"amount > {10 * number}")
    page.get_by_role("button", name="Move up 3", exact=True).click()
    page.get_by_role("button", name="Drop segment 1", exact=True).click()
    names = page.locator("[data-segment] input[aria-label=Name]")
    expect(names).to_have_count(2)
    expect(names.nth(0)).to_have_value("third")
    expect(names.nth(1)).to_have_value("second")
    page.get_by_label("Review from, segment 3").fill("sometimes")
    page.get_by_role("button", name="See blast radius").click()
    expect(page.get_by_text("allowed are a surprise such as 2.5")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Review from, segment 3").fill("1%")
    page.get_by_role("button", name="See blast radius").click()
    expect(page.locator("[data-radius-of]")).to_have_count(3, timeout=PATIENCE_MS)
    expect(page.locator('[data-radius-of="third"]')).to_contain_text("→")
    lead.picture("policy-form")
