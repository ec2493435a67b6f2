"""Evidence files and the inventory in the API: signed by the console, noted, and for auditors alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI

from console.context import ConsoleContext
from console.server import build_app
from contracts.signing.principals import Registry
from evidence.page import read_page
from evidence.signed_file import read
from evidence.verifying import State, check
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import add_stored, announce_rule


@pytest.fixture
def auditor(context: ConsoleContext, app: FastAPI) -> Person:
    add_stored(context)
    announce_rule(context, 1, "large", "amount > 5", owner="cards-team")
    return Person(app, "auditor")


@pytest.mark.parametrize(("form", "reader"), [("json", read), ("html", read_page)])
def test_an_evidence_file_is_signed_by_the_console_and_verifies(
    form: str, reader: Callable[[bytes], object], auditor: Person
) -> None:
    answer = auditor.get("/evidence", subject="rule/large", format=form)
    assert answer.headers["content-disposition"] == f'attachment; filename="evidence-rule-large.{form}"'
    signed = read(answer.content) if form == "json" else read_page(answer.content)
    assert signed == reader(answer.content)
    assert (signed.signature.principal, signed.document.made_by) == ("console", "auditor")
    checks = check(signed, Registry.derived(b"a secret of enough length"))
    assert [one for one in checks if one.state is State.FAILED] == []


def test_what_is_unknown_and_a_console_without_a_key_are_named(
    auditor: Person, context: ConsoleContext
) -> None:
    unknown = auditor.get("/evidence", subject="rule/small")
    assert (unknown.status_code, "rule/large" in unknown.json()["detail"]["what"]) == (404, True)
    without = Person(build_app(replace(context, trust=None)), "auditor")
    refused = without.get("/evidence", subject="rule/large")
    assert (refused.status_code, refused.json()["detail"]["where"]) == (409, "keys")


def test_the_inventory_lists_rules_with_owner_and_next_trigger(auditor: Person) -> None:
    (row,) = auditor.get("/inventory").json()["rows"]
    assert (row["kind"], row["id"], row["owner"]) == ("rule", "large", "cards-team")
    assert row["next_trigger"]
