"""A detector that does not fit the budget may exceed it for a time; then it must fit in."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from adaptation.going_live.result import PendingChange
from adaptation.going_live.surges import settle_surge
from adaptation.proposing import adapting
from adaptation.proposing.proposal import Proposal, propose
from adaptation.proposing.surging import PART, UNTIL, surges_of
from contracts.answer import Answer
from contracts.standing_policy import StandingPolicy
from control.entry import Kind
from storage import UnitOfWork
from storage.audit_log import AuditEntry
from storage.episodes import LIVE
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, a_flag

HOURS = 72.0


class Gate:
    """Refuses every detector within the budget; with a surge it decides as it always does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried: list[tuple[float, float]] = []
        self.open_within_budget = False
        monkeypatch.setattr(adapting, "propose", self.propose)

    def propose(self, *arguments: Any, **named: Any) -> Proposal:
        limits = named["terms"].limits
        self.tried.append((named["budget"], limits.surge))
        found = propose(*arguments, **named)
        if limits.surge or self.open_within_budget:
            return found
        refused = replace(found.verdict, reasons=("past fraud: too much is lost",), causes=("replay",))
        return replace(found, verdict=refused)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


def goes_live_in_a_surge(worker: WorkerInMemory) -> float:
    """Flag, note the detector as live, and return the end of its surge."""
    change = worker.handle(a_flag())
    assert isinstance(change, PendingChange)
    [applied] = worker.log.refresh().in_force(Kind.DETECTOR).values()
    with worker.context.unit() as unit:
        [episode] = unit.episodes.page(offset=0, limit=1)
        episode.status = LIVE
        unit.commit()
    return float(applied.entry.values[UNTIL])


def audited(engine: Engine, action: str) -> list[dict[str, Any]]:
    with UnitOfWork(engine, reads_only=True) as unit:
        rows = unit.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
        return [dict(row.details) for row in rows]


def test_what_costs_too_much_within_the_budget_goes_live_in_a_surge_which_is_visible(
    worker: WorkerInMemory, engine: Engine, gate: Gate
) -> None:
    began = time.time()
    change = worker.handle(a_flag())
    assert isinstance(change, PendingChange)
    assert [surge for _, surge in gate.tried] == [0.0, 0.25]
    assert any(note.startswith("surge: up to 25% more alerts") for note in change.notes)
    [surge] = surges_of(worker.log.refresh())
    assert surge.part == 0.25
    assert surge.until == pytest.approx(began + HOURS * 3_600.0, abs=60.0)
    [details] = audited(engine, "flag: adapted")
    assert (details[PART], details[UNTIL]) == (surge.part, surge.until)


def test_the_budget_in_force_is_larger_until_the_surge_ends(worker: WorkerInMemory, gate: Gate) -> None:
    until = goes_live_in_a_surge(worker)
    context = worker.context
    context.surges = surges_of(worker.log.refresh())
    context.clock = lambda: until - 1.0
    assert context.budget == pytest.approx(1.25 * context.policy.alert_rate)
    context.clock = lambda: until
    assert context.budget == context.policy.alert_rate


def test_a_detector_that_does_not_fit_after_its_surge_is_proposed_for_retirement_once(
    worker: WorkerInMemory, engine: Engine, gate: Gate
) -> None:
    until = goes_live_in_a_surge(worker)
    worker.context.clock = lambda: until + 1.0
    snapshot = worker.log.refresh()
    assert not settle_surge(worker.context, snapshot, until - 1.0)
    assert settle_surge(worker.context, snapshot, until + 1.0)
    assert not settle_surge(worker.context, worker.log.refresh(), until + 2.0)
    with worker.context.unit(reads_only=True) as unit:
        [episode] = unit.episodes.page(offset=0, limit=1)
        assert episode.details["proposal"] == "retire: its surge is over and past fraud: too much is lost"
    assert audited(engine, "surge: over") == [{"fits": False, "reason": "past fraud: too much is lost"}]
    assert worker.live == 1


def test_a_detector_that_fits_after_its_surge_stays_without_one(worker: WorkerInMemory, gate: Gate) -> None:
    until = goes_live_in_a_surge(worker)
    gate.open_within_budget = True
    worker.context.clock = lambda: until + 1.0
    assert settle_surge(worker.context, worker.log.refresh(), until + 1.0)
    assert surges_of(worker.log.refresh()) == ()
    assert worker.live == 1


def test_without_a_surge_in_the_policy_a_detector_that_costs_too_much_stays_a_draft(
    worker: WorkerInMemory, gate: Gate
) -> None:
    worker.context.filed = StandingPolicy(surge=0.0)
    answer = worker.handle(a_flag())
    assert isinstance(answer, Answer)
    assert (answer.status, [surge for _, surge in gate.tried]) == ("draft", [0.0])
