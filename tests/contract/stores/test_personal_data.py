"""Requests of access and erasure, and retention of labels, notes and cases."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Engine, select

from control.change import Change
from control.entry import Kind
from control.envelope import seal
from control.forgetting import changes_without, offsets_with
from control.keys import ControlKey
from control.rules import RULES, Effect, Rule, read_rules, rules_to_bytes
from control.snapshot import Snapshot
from recorder.rows import control_row
from storage import UnitOfWork
from storage.cases import CLOSED, Case, CaseAlert
from storage.episodes import Episode, EpisodeTransaction
from storage.notes import OF_CASE, OF_TRANSACTION, Note
from storage.personal_data import PersonalData, shred_control_entries
from storage.retention import DAY, Retention, enforce_retention
from storage.webhooks import NewDelivery

KEY = ControlKey.single("a secret of enough length")


def fill(engine: Engine, scored_row: Any) -> None:
    """Store transactions of two cards, and for each an alert, a label, a note and a case."""
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row(0, offset) for offset in (1, 2)])
        for offset in (1, 2):
            name, card = f"tx-0-{offset}", f"card-{offset}"
            body = json.dumps({"entities": {"card": card}})
            unit.alerts.add_many([(0, offset, name, 1.0, body, 5.0, 3.0, 3.0, "base", card)])
            unit.labels.add_many([(name, "fraud", "analyst", "ada", 1.0, f"r-{offset}")])
            unit.notes.add(Note(kind=OF_TRANSACTION, subject=name, author="ada", time=1.0, text="stolen"))
            sent = NewDelivery("tickets", f"alert-0-{offset}", "alert.raised", name, "{}", name)
            unit.webhooks.add([sent], now=1.0)
            alert = next(a for a in unit.alerts.newest(9) if a.transaction_id == name)
            member = CaseAlert(alert_id=alert.id, transaction_id=name)
            case = unit.cases.add(
                Case(name=name, status=CLOSED, author="ada", created_at=1.0, updated_at=1.0, alerts=[member])
            )
            unit.notes.add(Note(kind=OF_CASE, subject=str(case.id), author="ada", time=1.0, text="a ring"))
        members = [EpisodeTransaction(transaction_id=f"tx-0-{n}", role="support") for n in (1, 2)]
        unit.session.add(
            Episode(
                id="e", request_id="r", name="ring", author="ada", status="live", flagged_at=1.0,
                details={"review": {"open": ["tx-0-1", "tx-0-2"]}}, transactions=members,
            )
        )  # fmt: skip
        unit.commit()


def about(engine: Engine, card: str) -> dict[str, int]:
    with UnitOfWork(engine, reads_only=True) as unit:
        return {table: len(rows) for table, rows in PersonalData(unit.session, "card", card).export().items()}


EVERYTHING = {
    "scored_transactions": 1, "alerts": 1, "shadow_alerts": 0, "labels": 1, "case_alerts": 1,
    "episode_transactions": 1, "webhook_deliveries": 1, "notes": 2,
}  # fmt: skip


def test_what_is_stored_about_a_card_is_exported_from_every_table(engine: Engine, scored_row: Any) -> None:
    fill(engine, scored_row)
    assert about(engine, "card-1") == EVERYTHING
    assert set(about(engine, "card-9").values()) == {0}


def test_a_card_is_erased_from_every_table_and_the_others_stay(engine: Engine, scored_row: Any) -> None:
    fill(engine, scored_row)
    with UnitOfWork(engine) as unit:
        deleted = PersonalData(unit.session, "card", "card-1").erase()
        unit.commit()
    assert deleted == EVERYTHING | {"cases": 1, "outbox": 0}
    assert set(about(engine, "card-1").values()) == {0}
    assert about(engine, "card-2") == EVERYTHING
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.session.scalar(select(Episode.details)) == {"review": {"open": ["tx-0-2"]}}


def test_rules_of_a_card_leave_the_control_log_and_stored_entries_are_shredded(engine: Engine) -> None:
    rules = [Rule("card", f"card-{n}", Effect.BOOST, count=1.0) for n in (1, 2)]
    both = Change(Kind.RISK, "both", "ada", "", {RULES: rules_to_bytes(rules)}, {}).entry(
        sequence=1, time=0.0
    )
    alone = Change(Kind.RISK, "alone", "ada", "", {RULES: rules_to_bytes(rules[:1])}, {})
    snapshot = Snapshot().apply(both, 0).apply(alone.entry(sequence=1, time=0.0), 1)
    first, second = sorted(changes_without(snapshot, "card", "card-1", author="ada"), key=lambda c: c.id)
    assert (first.id, first.retired, second.id, second.retired) == ("alone", True, "both", False)
    (left,) = read_rules(second.entry(sequence=2, time=0.0))
    assert left.rule.key == "card-2"
    with UnitOfWork(engine) as unit:
        unit.control.add_many([control_row(seal(both, KEY), both.key, 0, KEY)])
        offsets = offsets_with(unit.control.all(), KEY, "card", "card-1")
        assert (offsets, shred_control_entries(unit.session, offsets)) == ([0], 1)
        assert offsets_with(unit.control.all(), KEY, "card", "card-1") == []


def test_labels_notes_and_closed_cases_are_deleted_after_their_days(engine: Engine, scored_row: Any) -> None:
    fill(engine, scored_row)
    keep_all = float("inf")
    young = Retention(keep_all, keep_all, labels_days=30, cases_days=30)
    assert sum(enforce_retention(engine, young, now=10 * DAY).values()) == 0
    deleted = enforce_retention(engine, young, now=40 * DAY)
    assert (deleted["labels"], deleted["notes"], deleted["cases"]) == (2, 4, 2)
