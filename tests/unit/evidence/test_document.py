"""The document and the inventory say what the database holds, and no more."""

from __future__ import annotations

import msgspec
import pytest

from contracts.signing.trust import Trust
from evidence.document import Document
from evidence.gathering import gather
from evidence.inventory import inventory
from evidence.sections import sections_of
from evidence.signed_file import sign
from evidence.source import Source
from evidence.subject import UnknownSubject, find_subject
from evidence.verifying import State, check
from storage.episodes import Episode
from tests.unit.evidence.stored_models import CARD, DETECTOR


def test_the_document_of_an_episode_answers_what_a_reviewer_asks(document: Document) -> None:
    assert document.subject == f"detector/{DETECTOR}"
    assert (document.inventory.owner, document.inventory.state) == ("ada", "in force")
    assert document.inventory.next_trigger.startswith("expires ")
    assert document.flags is not None
    assert (document.flags.fraud, document.flags.data_hash is not None) == (5, True)
    assert [one.control_offset for one in document.changes] == [2]
    assert [(one.author, one.decision) for one in document.governance.decisions] == [("bob", "approved")]
    found = document.outcomes
    assert (found.alerts, found.confirmed, found.rejected, found.all_alerts) == (5, 3, 1, 6)
    assert found.precision == 0.75
    assert found.low < 0.75 < found.high
    assert document.rollback.rehearsed
    assert document.rollback.threshold_before == 3.0
    assert [line.action for line in document.audit.lines] == ["flag: announced", "approve"]


def test_no_transaction_and_no_entity_leaves_with_the_document(document: Document) -> None:
    assert document.gate is not None
    assert document.gate.findings["notes"] == ["transaction 2 of card 1 is set aside"]
    text = msgspec.json.encode(document).decode()
    assert CARD not in text
    assert "tx-1" not in text


def test_numbers_that_json_cannot_hold_are_null(document: Document) -> None:
    assert document.gate is not None
    assert document.gate.findings["losses"] == {"past fraud": None}


def test_the_trade_off_of_the_gate_is_a_table(document: Document) -> None:
    (section,) = [one for one in sections_of(document) if one.title == "Validation at the gate"]
    assert section.rows == (("0.3", "0.8", "38.2", "0.4", "-", "37.8", "-", "-"),)
    assert ("losses", "past fraud -") in section.facts


def test_the_document_of_a_base_names_its_training_data(source: Source, trust: Trust) -> None:
    document = gather(source, find_subject(source, "base/base"), made_by="cy")
    assert document.training is not None
    assert (document.training.data_hash, document.training.rows) == ("ab" * 32, 1_000)
    assert (document.outcomes.alerts, document.gate) == (1, None)
    assert document.inventory.next_trigger == "its first calibration on live traffic"
    states = [one.state for one in check(sign(document, trust), trust.registry)]
    assert State.FAILED not in states


@pytest.mark.parametrize("name", ["detector/none", "base/none", "none", "rule/x"])
def test_an_unknown_subject_is_an_error_that_lists_what_exists(source: Source, name: str) -> None:
    with pytest.raises(UnknownSubject, match=f"{name}.*base/base, rule/night, 'gift cards'"):
        find_subject(source, name)


def test_the_document_of_a_rule_holds_its_definition_and_its_hash(source: Source, trust: Trust) -> None:
    document = gather(source, find_subject(source, "rule/night"), made_by="cy")
    assert (document.inventory.owner, document.inventory.state) == ("dan", "in force")
    assert "amount > 500" in document.purpose[0]
    states = {one.what: one.state for one in check(sign(document, trust), trust.registry)}
    assert states["definition"] is State.PASSED
    assert State.FAILED not in states.values()


def test_an_episode_without_a_detector_is_an_error_with_its_reason(source: Source) -> None:
    source.unit.episodes.add(
        Episode(id="e-2", request_id="r-2", name="two", author="ada", status="refused", flagged_at=0.0,
                reason="ids are unknown", details={})
    )  # fmt: skip
    with pytest.raises(UnknownSubject, match="it is refused, ids are unknown"):
        find_subject(source, "two")


def test_the_inventory_lists_every_model_in_force(source: Source) -> None:
    rows = inventory(source)
    assert [(row.kind, row.state, row.owner) for row in rows] == [
        ("base", "in force", "test"),
        ("network", "in force", "test"),
        ("detector", "in force", "ada"),
        ("rule", "in force", "dan"),
    ]
    assert all(row.next_trigger for row in rows)
