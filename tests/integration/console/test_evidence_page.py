"""An administrator finds a rule in the inventory, downloads its evidence, and it verifies offline."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from contracts.signing.principals import Registry
from evidence.page import read_page
from evidence.verifying import State, check
from tests.integration.console.conftest import SignedIn
from tests.integration.console.models_in_force import SECRET

RULE = "rule/large-at-night"


def test_evidence_of_a_rule_is_downloaded_from_the_inventory_and_verifies(signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    admin.open("/detectors")
    admin.page.get_by_role("link", name="Inventory").click()
    row = admin.page.locator(f'[data-model="{RULE}"]')
    expect(row).to_contain_text("a person changes it")
    with admin.page.expect_download() as download:
        row.get_by_role("link", name=f"Evidence about {RULE}, Page").click()
    assert download.value.suggested_filename == "evidence-rule-large-at-night.html"
    signed = read_page(Path(download.value.path()).read_bytes())
    assert (signed.document.subject, signed.document.made_by) == (RULE, "admin")
    checks = check(signed, Registry.derived(SECRET.encode()))
    assert [one for one in checks if one.state is State.FAILED] == []
    admin.open("/administration?part=Audit%20log")
    expect(admin.page.get_by_text("export evidence").first).to_be_visible()


def test_who_may_not_read_the_audit_log_is_offered_no_evidence(signed_in: SignedIn) -> None:
    lead = signed_in("lead")
    lead.open("/detectors/inventory")
    expect(lead.page.locator(f'[data-model="{RULE}"]')).to_be_visible()
    expect(lead.page.get_by_role("link", name=f"Evidence about {RULE}, Page")).to_have_count(0)
