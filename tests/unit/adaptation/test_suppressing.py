"""Suppressions are put in force, replaced and lifted by requests, and noted without the key."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, select

from adaptation.going_live.result import PendingChange, RequestResult
from contracts.answer import Answer
from contracts.request import Request
from contracts.standing_policy import StandingPolicy
from control.entry import Kind
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from tests.unit.adaptation.worker_in_memory import WorkerInMemory


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'suppressions.sqlite'}")
    migrate.upgrade(engine)
    return engine


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    return WorkerInMemory(engine, StandingPolicy(), network=False)


def send(worker: WorkerInMemory, request_id: str, **fields: object) -> RequestResult:
    text = msgspec.json.encode(fields).decode()
    return worker.handle(Request(request_id, "suppress", "ada", 1.0, definition=text))


def in_force(worker: WorkerInMemory) -> list[tuple[str, str, float | None]]:
    held = worker.log.refresh().in_force(Kind.SUPPRESSION).values()
    rules = [one.rule for a in held if isinstance(a.loaded, tuple) for one in a.loaded]
    return [(rule.entity, rule.key, rule.until) for rule in rules]


def test_a_suppression_is_put_in_force_replaced_and_lifted(worker: WorkerInMemory, engine: Engine) -> None:
    assert isinstance(send(worker, "q-1", entity="card", key="tok-1", until=5.0), PendingChange)
    assert isinstance(send(worker, "q-1", entity="card", key="tok-1", until=5.0), PendingChange)
    assert len(worker.log.announced) == 2
    send(worker, "q-2", entity="card", key="tok-1", until=9.0)
    send(worker, "q-3", scorer="base", until=7.0)
    assert sorted(in_force(worker)) == [("*", "*", 7.0), ("card", "tok-1", 9.0)]
    for number, identity in enumerate(worker.log.refresh().in_force(Kind.SUPPRESSION)):
        name = f"suppression/{identity}"
        assert isinstance(worker.handle(Request(f"l-{number}", "retire", "ada", 1.0, name)), PendingChange)
    assert in_force(worker) == []
    with UnitOfWork(engine, reads_only=True) as unit:
        entries = unit.session.scalars(select(AuditEntry)).all()
    assert {one.action for one in entries} == {"suppress", "retire"}
    assert "tok-1" not in str([one.details for one in entries])


def test_what_cannot_be_suppressed_is_refused_with_what_can(worker: WorkerInMemory) -> None:
    unknown = send(worker, "q-1", scorer="rule/none", until=5.0)
    assert isinstance(unknown, Answer)
    assert "no scorer 'rule/none'; there are: base" in unknown.message
    gone = worker.handle(Request("q-2", "retire", "ada", 1.0, "suppression/none"))
    assert isinstance(gone, Answer)
    assert "no suppression 'none'" in gone.message
