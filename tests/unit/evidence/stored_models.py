"""A small database with a base, a live detector, alerts with verdicts, an approval and an audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Engine

from contracts.standing_policy import StandingPolicy
from control.change import Change
from control.envelope import seal
from control.keys import ControlKey
from control.parts import NONE_FLAGGED
from meta.base import Provenance
from recorder.rows import control_row
from storage import UnitOfWork
from storage.alerts import COLUMNS
from storage.approvals import Approval
from storage.detectors import DetectorRow
from storage.episodes import LIVE, SUPPORT, Episode, EpisodeTransaction
from tests.small_models import base_change, detector_change, network_change, small_base, small_network
from tests.unit.console.stored_rows import DAY, alert_row, scored_row
from tests.written_rules import rule_change

DETECTOR, EPISODE = "gift-cards-1f", "e-1"
HOSTILE = "<script>alert('gift cards')</script>"
CARD = "tok_5500000000004242"


def changes() -> list[Change]:
    """Return a network, a base, a detector and a rule as changes of the control log."""
    network = small_network()
    base = replace(small_base(1), provenance=Provenance((0.0, 86_400.0), "ab" * 32, 1, 1_000, 12))
    detector = detector_change(network, DETECTOR)
    parts = {**detector.parts, SUPPORT: NONE_FLAGGED.to_bytes()}
    rule = rule_change("night", "amount > 500", owner="dan", note="large amounts")
    return [network_change(network), base_change(base), replace(detector, parts=parts, author="ada"), rule]


def fill(engine: Engine, key: ControlKey, *, name: str = "gift cards") -> None:
    """Store everything; the episode has this name."""
    with UnitOfWork(engine) as unit:
        _control(unit, changes(), key)
        _episode(unit, name)
        unit.transactions.add_many(scored_row(n) for n in range(10))
        unit.alerts.add_many(_alerts())
        unit.alerts.set_status(["tx-1", "tx-2", "tx-3"], "confirmed")
        unit.alerts.set_status(["tx-4"], "rejected")
        unit.audit.append("ada", "flag: announced", subject=EPISODE, time=DAY, details={"name": name})
        unit.audit.append("bob", "approve", subject=EPISODE, time=DAY + 1)
        unit.commit()


def policy() -> StandingPolicy:
    """Return a policy under which detectors expire after 90 days."""
    return StandingPolicy(expire_days=90.0, four_eyes=True)


def _control(unit: UnitOfWork, made: Iterable[Change], key: ControlKey) -> None:
    for offset, change in enumerate(made):
        entry = change.entry(sequence=offset, time=DAY + 3_600.0 * offset)
        unit.control.add_many([control_row(seal(entry, key), entry.key, offset, key)])


def _episode(unit: UnitOfWork, name: str) -> None:
    members = [EpisodeTransaction(transaction_id=f"tx-{n}", role=SUPPORT) for n in range(5)]
    episode = Episode(
        id=EPISODE, request_id="r-1", name=name, author="ada", status=LIVE, flagged_at=DAY,
        detector_id=DETECTOR, control_offset=2, details={}, transactions=members,
    )  # fmt: skip
    unit.episodes.add(episode)
    unit.session.flush()
    point = {"share": 0.3, "found": 0.8, "caught": 38.2, "known_lost": 0.4, "money": None, "alerts": 37.8}
    gate = {
        "alert_rate": 0.001,
        "losses": {"past fraud": float("inf")},
        "notes": [f"tx-1 of {CARD} is set aside"],
        "trade_off": {"points": [point], "chosen": 0},
    }
    unit.detectors.put(
        DetectorRow(
            id=DETECTOR, episode_id=EPISODE, parent="cd" * 32, adapter="evidence", content_hash="ef" * 32,
            payload=b"", status=LIVE, threshold=3.5, gate=gate, created_at=DAY, control_offset=2,
        )
    )  # fmt: skip
    unit.approvals.add(
        Approval(
            episode_id=EPISODE, episode=name, flagged_by="ada", decision="approved", author="bob",
            note="seen", time=DAY + 1,
        )
    )  # fmt: skip


def _alerts() -> Iterable[tuple[object, ...]]:
    """Alerts tx-0 of the base, and tx-1 to tx-5 of the detector."""
    for n in range(6):
        row = list(alert_row(n))
        row[4] = json.dumps({**json.loads(str(row[4])), "control_offset": 2})
        row[COLUMNS.index("scorer")] = "base" if n == 0 else DETECTOR
        yield tuple(row)
