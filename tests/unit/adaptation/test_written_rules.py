"""Rules are saved, set live by a second person where four eyes are asked, removed and rolled back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from adaptation.going_live.result import PendingChange, RequestResult
from contracts.answer import Answer
from contracts.request import Request
from contracts.standing_policy import StandingPolicy
from control.entry import Kind
from control.envelope import seal
from recorder.rows import control_row
from rules.definition import definition_to_bytes
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from tests.unit.adaptation.worker_in_memory import WorkerInMemory
from tests.written_rules import definition


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'rules.sqlite'}")
    migrate.upgrade(engine)
    return engine


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    return WorkerInMemory(engine, StandingPolicy(), network=False)


@pytest.fixture
def four_eyes(engine: Engine) -> WorkerInMemory:
    return WorkerInMemory(engine, StandingPolicy(four_eyes=True), network=False)


class Team:
    """Sends requests about the rule `r`, each with an id of its own."""

    def __init__(self, worker: WorkerInMemory) -> None:
        self.worker, self.sent = worker, 0

    def save(self, author: str, condition: str, identity: str = "r", **fields: Any) -> RequestResult:
        text = definition_to_bytes(definition(condition, **fields)).decode()
        return self.send(author, "rule", identity, definition=text)

    def send(self, author: str, kind: str, name: str, **fields: Any) -> RequestResult:
        self.sent += 1
        return self.worker.handle(Request(f"q-{self.sent}", kind, author, 1.0, name, **fields))  # type: ignore[arg-type]

    @property
    def live(self) -> list[str]:
        return [rule.definition.condition for rule in self.worker.log.refresh().written.live]


def refused(result: RequestResult) -> str:
    assert isinstance(result, Answer)
    assert result.status == "refused"
    return result.message


def test_a_saved_rule_is_in_force_and_in_the_audit_log(worker: WorkerInMemory, engine: Engine) -> None:
    team = Team(worker)
    assert isinstance(team.save("ada", "amount > 5"), PendingChange)
    assert team.live == ["amount > 5"]
    with UnitOfWork(engine, reads_only=True) as unit:
        entry = unit.session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.subject) == ("ada", "rule", "rule/r")


def test_the_same_request_again_announces_nothing(worker: WorkerInMemory) -> None:
    team = Team(worker)
    team.save("ada", "amount > 5")
    announced, team.sent = len(worker.log.announced), 0
    assert isinstance(team.save("ada", "amount > 5"), PendingChange)
    assert len(worker.log.announced) == announced


@pytest.mark.parametrize(
    ("condition", "message"),
    [("amuont > 5", "did you mean 'amount'"), ("card.id in lists.gone", "no list 'gone'")],
)
def test_a_rule_that_no_worker_could_evaluate_is_refused(
    worker: WorkerInMemory, condition: str, message: str
) -> None:
    assert message in refused(Team(worker).save("ada", condition))
    assert worker.log.refresh().in_force(Kind.RULE) == {}


def test_what_is_no_rule_is_refused(worker: WorkerInMemory) -> None:
    team = Team(worker)
    assert "cannot be read" in refused(team.send("ada", "rule", "r", definition="[]"))
    assert "the id" in refused(team.save("ada", "true", identity="R!"))
    assert "card number" in refused(team.save("ada", "card.id == '4111111111111111'"))


def test_a_rule_is_removed_by_its_name(worker: WorkerInMemory) -> None:
    team = Team(worker)
    assert "there are: none" in refused(team.send("ada", "retire", "rule/r"))
    team.save("ada", "amount > 5")
    assert isinstance(team.send("ada", "retire", "rule/r"), PendingChange)
    assert (team.live, worker.log.refresh().in_force(Kind.RULE)) == ([], {})


def test_with_four_eyes_the_writer_cannot_set_the_rule_live_and_another_can(
    four_eyes: WorkerInMemory,
) -> None:
    team = Team(four_eyes)
    assert "another person sets it live" in refused(team.save("ada", "amount > 5"))
    team.save("ada", "amount > 5", mode="shadow")
    assert "another person sets it live" in refused(team.save("ada", "amount > 5", percent=10))
    assert isinstance(team.save("bob", "amount > 5", percent=10), PendingChange)
    assert team.live == ["amount > 5"]
    assert "another person" in refused(team.save("ada", "amount > 5"))  # all cards
    assert "another person" in refused(team.save("bob", "amount > 6"))  # a condition that only bob has seen
    assert team.live == ["amount > 5"]


def test_a_definition_without_a_condition_changes_only_what_it_names(four_eyes: WorkerInMemory) -> None:
    team = Team(four_eyes)
    assert "no such rule" in refused(team.send("bob", "rule", "r", definition='{"mode": "live"}'))
    team.save("ada", "amount > 5", mode="shadow", note="large")
    assert "cannot be read" in refused(team.send("bob", "rule", "r", definition='{"colour": "red"}'))
    assert "another person" in refused(team.send("ada", "rule", "r", definition='{"mode": "live"}'))
    team.send("bob", "rule", "r", definition='{"mode": "live", "percent": 10}')
    (rule,) = four_eyes.log.refresh().written.live
    assert rule.definition == definition("amount > 5", note="large", percent=10)


def test_with_four_eyes_anyone_takes_a_rule_out_of_force(four_eyes: WorkerInMemory) -> None:
    team = Team(four_eyes)
    team.save("ada", "amount > 5", mode="shadow")
    team.save("bob", "amount > 5")
    assert isinstance(team.save("ada", "amount > 5", mode="off"), PendingChange)
    assert team.live == []


def test_who_only_changed_mode_or_note_did_not_write_it(four_eyes: WorkerInMemory) -> None:
    team = Team(four_eyes)
    team.save("ada", "amount > 5", mode="shadow")
    team.save("bob", "amount > 5", mode="off", note="looked at")
    assert "ada wrote this rule last" in refused(team.save("ada", "amount > 5"))
    assert isinstance(team.save("bob", "amount > 5"), PendingChange)


def test_a_rollback_restores_the_version_before_and_leaves_the_threshold(
    worker: WorkerInMemory, engine: Engine
) -> None:
    team = Team(worker)
    team.save("ada", "amount > 5")
    team.save("ada", "amount > 6")
    record(worker, engine)
    threshold = worker.log.refresh().threshold
    assert isinstance(team.send("bob", "rollback", "rule/r"), PendingChange)
    assert team.live == ["amount > 5"]
    assert worker.log.refresh().threshold == threshold
    assert "threshold" not in worker.log.announced[-1].values


def test_a_rollback_of_the_first_version_takes_the_rule_away(worker: WorkerInMemory, engine: Engine) -> None:
    team = Team(worker)
    team.save("ada", "amount > 5")
    record(worker, engine)
    assert isinstance(team.send("bob", "rollback", "rule/r"), PendingChange)
    assert worker.log.refresh().in_force(Kind.RULE) == {}


def record(worker: WorkerInMemory, engine: Engine) -> None:
    """Store the control log as the recorder does."""
    with UnitOfWork(engine) as unit:
        for offset, change in enumerate(worker.log.announced):
            entry = change.entry(sequence=offset + 1, time=float(offset))
            value = seal(entry, worker.log.key)
            unit.control.add_many([control_row(value, entry.key, offset, worker.log.key)])
        unit.commit()
