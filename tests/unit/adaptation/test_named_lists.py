"""Lists are made, filled, and removed by requests; each change is noted, bounded, and harmless to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, select

from adaptation.going_live.result import PendingChange, RequestResult
from contracts.answer import Answer
from contracts.request import Request
from contracts.standing_policy import StandingPolicy
from control.entry import Kind
from rules.definition import definition_to_bytes
from rules.lists.definition import ListLimits
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from tests.named_lists import WIDE
from tests.small_models import base_change, small_base
from tests.unit.adaptation.worker_in_memory import WorkerInMemory
from tests.written_rules import definition


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'lists.sqlite'}")
    migrate.upgrade(engine)
    return engine


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    worker = WorkerInMemory(engine, StandingPolicy(), network=False)
    worker.log.announce(base_change(small_base(names=WIDE)))
    return worker


class Team:
    """Sends requests about the list `watched`."""

    def __init__(self, worker: WorkerInMemory) -> None:
        self.worker, self.sent = worker, 0

    def change(self, name: str = "watched", **fields: Any) -> RequestResult:
        return self.send("list", name, definition=msgspec.json.encode(fields).decode())

    def send(self, kind: str, name: str, **fields: Any) -> RequestResult:
        self.sent += 1
        return self.repeat(kind, name, **fields)

    def repeat(self, kind: str, name: str, **fields: Any) -> RequestResult:
        return self.worker.handle(Request(f"q-{self.sent}", kind, "ada", 7.0, name, **fields))  # type: ignore[arg-type]

    def values(self, name: str = "watched") -> list[str]:
        return sorted(key.decode() for key, _ in self.worker.log.refresh().lists.by_name[name].items())


def refused(result: RequestResult) -> str:
    assert isinstance(result, Answer)
    assert result.status == "refused"
    return result.message


def test_a_list_is_made_filled_and_noted_without_its_values(worker: WorkerInMemory, engine: Engine) -> None:
    team = Team(worker)
    assert isinstance(team.change(definition={"of": "card"}), PendingChange)
    put = [["c1", 5.0, 0], ["c2"]]
    assert isinstance(team.change(put=put, notes=[["stolen", "bank"]]), PendingChange)
    assert team.values() == ["c1", "c2"]
    why = worker.log.refresh().lists.by_name["watched"].find(b"c1")
    assert why is not None
    assert (why.until, why.reason, why.source, why.by, why.added) == (5.0, "stolen", "bank", "ada", 7.0)
    with UnitOfWork(engine, reads_only=True) as unit:
        entry = unit.session.scalars(select(AuditEntry)).all()[-1]
    assert (entry.actor, entry.action, entry.subject, entry.details["put"]) == (
        "ada",
        "list",
        "list/watched",
        2,
    )
    assert "c1" not in str(entry.details)


def test_a_repeated_request_announces_nothing_more(worker: WorkerInMemory) -> None:
    team = Team(worker)
    team.change(definition={}, put=[["c1"]])
    announced = len(worker.log.announced)
    again = team.repeat("list", "watched", definition='{"definition":{},"put":[["c1"]]}')
    assert isinstance(again, PendingChange)
    assert again.control_offset == announced - 1
    same = team.change(put=[["c1"]])
    assert isinstance(same, Answer)
    assert same.status == "done"
    assert len(worker.log.announced) == announced


def test_a_list_is_dropped_with_its_values_unless_a_rule_reads_it(worker: WorkerInMemory) -> None:
    team = Team(worker)
    team.change(definition={}, put=[["c1"], ["c2"]])
    text = definition_to_bytes(definition("card.id in lists.watched")).decode()
    team.send("rule", "r", definition=text)
    assert "rules use the list watched: r" in refused(team.send("retire", "list/watched"))
    team.send("retire", "rule/r")
    assert isinstance(team.send("retire", "list/watched"), PendingChange)
    assert isinstance(team.repeat("retire", "list/watched"), PendingChange)
    assert worker.log.refresh().in_force(Kind.LIST) == {}
    assert worker.log.refresh().lists.all == {}
    assert "no list 'watched'" in refused(team.send("retire", "list/watched"))


def test_what_cannot_be_on_a_list_is_refused_with_what_is_allowed(worker: WorkerInMemory) -> None:
    worker.context.lists = ListLimits(most_lists=1, most_values=3)
    team = Team(worker)
    assert "no list 'watched'" in refused(team.change(put=[["c1"]]))
    assert "did you mean 'card'" in refused(team.change(definition={"of": "cart"}))
    assert "a to z" in refused(team.change("A", definition={}))
    team.change(definition={"of": "card"}, put=[["c1"], ["c2"]])
    assert "would have 4 values, allowed are 3" in refused(team.change(put=[["c3"], ["c4"]]))
    assert "1 lists already" in refused(team.change("other", definition={}))
    assert "make another list" in refused(team.change(definition={"of": ""}))
    assert "card number" in refused(team.change(put=[["4111111111111111"]]))
    assert "cannot be read" in refused(team.change(colour=1))
    assert "note 4" in refused(team.change(put=[["c1", None, 4]], notes=[["", ""]]))
    assert team.values() == ["c1", "c2"]


def test_another_use_leaves_the_values(worker: WorkerInMemory) -> None:
    team = Team(worker)
    team.change(definition={"use": "block", "of": "card"}, put=[["c1"]])
    team.change(definition={"use": "watch", "of": "card"})
    assert not worker.log.refresh().lists.deciding
    assert team.values() == ["c1"]
