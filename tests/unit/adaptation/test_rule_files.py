"""Many rules are saved with one request: all as one change, or none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from adaptation.going_live.result import PendingChange, RequestResult
from contracts.answer import Answer
from contracts.request import Request
from contracts.standing_policy import StandingPolicy
from control.change import Change
from control.entry import Kind, LoggedEntry
from rules.definition import WrittenRule
from rules.rule_file import definitions_of
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from tests.unit.adaptation.worker_in_memory import ControlLogInMemory, WorkerInMemory
from tests.written_rules import written

GOOD = [written("a", "amount > 5"), written("b", "amount > 6", action="decline")]


class ControlLogThatCounts(ControlLogInMemory):
    """Keeps how many changes were announced together."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[int] = []

    def announce(self, *changes: Change) -> LoggedEntry:
        self.together.append(len(changes))
        return super().announce(*changes)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'rules.sqlite'}")
    migrate.upgrade(engine)
    return engine


class Team:
    """Sends files of rules, each in a request of its own."""

    def __init__(self, engine: Engine, **policy: Any) -> None:
        self.worker, self.sent = WorkerInMemory(engine, StandingPolicy(**policy), network=False), 0
        self.log = ControlLogThatCounts()
        for change in self.worker.log.announced:
            self.log.announce(change)
        self.log.together.clear()
        self.worker.context.announcer = self.log

    def imports(self, *rules: WrittenRule, author: str = "ada") -> RequestResult:
        return self.send(definitions_of(rules), author)

    def send(self, definition: str, author: str = "ada") -> RequestResult:
        self.sent += 1
        return self.again(definition, author)

    def again(self, definition: str, author: str = "ada") -> RequestResult:
        request = Request(f"q-{self.sent}", "rule", author, 1.0, reason="file", definition=definition)
        return self.worker.handle(request)

    @property
    def held(self) -> dict[str, str]:
        rules = self.log.refresh().in_force(Kind.RULE)
        return {identity: str(one.loaded.definition.condition) for identity, one in rules.items()}  # type: ignore[union-attr]


def refused(result: RequestResult) -> str:
    assert isinstance(result, Answer)
    assert result.status == "refused"
    return result.message


def test_a_file_is_one_change_and_each_rule_is_noted(engine: Engine) -> None:
    team = Team(engine)
    assert isinstance(team.imports(*GOOD), PendingChange)
    assert team.log.together == [2]
    assert team.held == {"a": "amount > 5", "b": "amount > 6"}
    with UnitOfWork(engine, reads_only=True) as unit:
        entries = list(unit.session.scalars(select(AuditEntry)))[-2:]
    assert [(one.actor, one.action, one.subject) for one in entries] == [
        ("ada", "rule", "rule/a"),
        ("ada", "rule", "rule/b"),
    ]
    assert "amount > 6" in entries[1].details["definition"]


def test_only_what_differs_is_announced_and_a_repeat_is_harmless(engine: Engine) -> None:
    team = Team(engine)
    team.imports(*GOOD)
    team.imports(GOOD[0], written("b", "amount > 7"))
    assert team.log.together == [2, 1]
    again = team.again(definitions_of([GOOD[0], written("b", "amount > 7")]))
    assert isinstance(again, PendingChange)
    same = team.imports(GOOD[0], written("b", "amount > 7"))
    assert isinstance(same, Answer)
    assert same.status == "done"
    assert team.log.together == [2, 1]


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        (definitions_of([*GOOD, written("c", "amuont > 5")]), "rule 'c': .*did you mean 'amount'"),
        ('{"rules": {"A": {"condition": "true", "action": "review"}}}', "rule 'A': the id"),
        ('{"rules": {"a": {"condition": "true >", "action": "review"}}}', "rule 'a'"),
        ('{"rules": {"a": {"action": "review"}}}', "condition"),
        ('{"rules": {}}', "cannot be read"),
        ("[]", "cannot be read"),
    ],
)
def test_one_bad_rule_changes_nothing(engine: Engine, definition: str, why: str) -> None:
    team = Team(engine)
    assert re.search(why, refused(team.send(definition)))
    assert team.held == {}
    assert team.log.together == []


def test_with_four_eyes_a_live_rule_in_the_file_needs_another_person(engine: Engine) -> None:
    team = Team(engine, four_eyes=True)
    assert "ada wrote this rule last" in refused(team.imports(*GOOD))
    team.imports(*(written(one.id, one.definition.condition, mode="shadow") for one in GOOD))
    released = [written(one.id, one.definition.condition) for one in GOOD]
    assert "ada wrote this rule last" in refused(team.imports(*released))
    assert isinstance(team.imports(*released, author="bob"), PendingChange)
    assert team.log.together == [2, 2]


def test_a_file_that_might_not_fit_into_one_batch_is_refused(engine: Engine) -> None:
    team = Team(engine)
    long = [written(f"r{number}", "amount > 5", note="n" * 500) for number in range(700)]
    assert "import the file in parts" in refused(team.imports(*long))
    assert team.held == {}
