"""The log of webhooks in a browser: what failed stands first, and is tried again with one click."""

from __future__ import annotations

from playwright.sync_api import expect

from settings import Settings
from storage import UnitOfWork, open_engine
from storage.webhooks import NewDelivery
from tests.integration.console.conftest import SignedIn


def test_an_administrator_tries_a_failed_delivery_again(signed_in: SignedIn, set_up: Settings) -> None:
    engine = open_engine(set_up.storage.url)
    with UnitOfWork(engine) as unit:
        unit.webhooks.add([NewDelivery("tickets", "audit-7", "case.opened", "case 3", "{}")], now=1.76e9)
        (found,) = unit.webhooks.page(limit=1)
        found.attempts, found.failed_at, found.cause = 9, 1.77e9, "the receiver answered 500"
        unit.commit()
    engine.dispose()
    admin = signed_in("admin")
    page = admin.page
    admin.open("/administration?part=Webhooks")
    failed = page.get_by_label("Failed", exact=True).get_by_role("row").filter(has_text="case.opened")
    expect(failed).to_contain_text("the receiver answered 500")
    admin.picture("webhooks")
    failed.get_by_role("button", name="Retry").click()
    expect(page.get_by_label("Failed", exact=True)).to_have_count(0)
    expect(page.get_by_label("Newest deliveries", exact=True)).to_contain_text("waiting")
