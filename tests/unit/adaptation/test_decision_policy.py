"""The decision policy is set, accepted by a second person where four eyes are asked, removed, rolled back."""

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
from control.policy_in_force import proposal_of
from rules.policy.definition import DecisionPolicy, policy_to_bytes
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from tests.decision_policies import policy, segment
from tests.unit.adaptation.test_written_rules import record, refused
from tests.unit.adaptation.worker_in_memory import WorkerInMemory

FIRST, SECOND = policy(segment("large", "amount > 5", 2.0)), policy(segment("large", "amount > 6", 3.0))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'policy.sqlite'}")
    migrate.upgrade(engine)
    return engine


class Team:
    """Sends requests about the policy, each with an id of its own."""

    def __init__(self, engine: Engine, *, four_eyes: bool = False) -> None:
        self.worker, self.sent = WorkerInMemory(engine, StandingPolicy(four_eyes=four_eyes), network=False), 0

    def set(self, author: str, one: DecisionPolicy) -> RequestResult:
        return self.send(author, "policy", "decision", definition=policy_to_bytes(one).decode())

    def accept(self, author: str, seen: str = "") -> RequestResult:
        return self.send(author, "approve", "policy/proposal", definition=seen)

    def send(self, author: str, kind: str, name: str, **fields: Any) -> RequestResult:
        self.sent += 1
        asked = {"request_id": f"q-{self.sent}", "kind": kind, "author": author, "time": 1.0, "name": name}
        return self.worker.handle(msgspec.convert(asked | fields, Request))

    @property
    def live(self) -> DecisionPolicy | None:
        held = self.worker.log.refresh().policy
        return held.definition if held else None

    @property
    def waits(self) -> str | None:
        held = proposal_of(self.worker.log.refresh().applied)
        return held.entry.content_hash if held else None


@pytest.fixture
def team(engine: Engine) -> Team:
    return Team(engine)


@pytest.fixture
def four_eyes(engine: Engine) -> Team:
    return Team(engine, four_eyes=True)


def test_a_policy_is_in_force_and_in_the_audit_log(team: Team, engine: Engine) -> None:
    assert isinstance(team.set("ada", FIRST), PendingChange)
    assert (team.live, team.waits) == (FIRST, None)
    with UnitOfWork(engine, reads_only=True) as unit:
        entry = unit.session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.subject) == ("ada", "policy", "policy/decision")


def test_the_same_request_again_announces_nothing(team: Team) -> None:
    team.set("ada", FIRST)
    announced, team.sent = len(team.worker.log.announced), 0
    assert isinstance(team.set("ada", FIRST), PendingChange)
    assert len(team.worker.log.announced) == announced


@pytest.mark.parametrize(
    ("when", "message"),
    [("amuont > 5", "did you mean 'amount'"), ("card.id in lists.gone", "no list 'gone'")],
)
def test_a_policy_that_no_worker_could_evaluate_is_refused(team: Team, when: str, message: str) -> None:
    said = refused(team.set("ada", policy(segment("a", when))))
    assert message in said
    assert "segment 'a'" in said
    assert team.live is None


def test_with_four_eyes_a_policy_waits_for_another_person(four_eyes: Team) -> None:
    answer = four_eyes.set("ada", FIRST)
    assert isinstance(answer, Answer)
    assert (answer.status, four_eyes.live) == ("waiting", None)
    assert "another person accepts it" in refused(four_eyes.accept("ada"))
    assert isinstance(four_eyes.accept("bob", four_eyes.waits or ""), PendingChange)
    assert (four_eyes.live, four_eyes.waits) == (FIRST, None)
    assert "no decision policy waits" in refused(four_eyes.accept("bob"))


def test_the_same_proposal_again_still_waits(four_eyes: Team) -> None:
    four_eyes.set("ada", FIRST)
    announced, four_eyes.sent = len(four_eyes.worker.log.announced), 0
    answer = four_eyes.set("ada", FIRST)
    assert isinstance(answer, Answer)
    assert (answer.status, len(four_eyes.worker.log.announced)) == ("waiting", announced)


def test_only_the_policy_that_was_looked_at_is_accepted(four_eyes: Team) -> None:
    four_eyes.set("ada", FIRST)
    seen = four_eyes.waits
    four_eyes.set("eve", SECOND)
    assert "look at it" in refused(four_eyes.accept("bob", seen or ""))
    assert four_eyes.live is None


def test_a_policy_that_waits_is_rejected(four_eyes: Team) -> None:
    assert "there are: none" in refused(four_eyes.send("bob", "retire", "policy/proposal"))
    four_eyes.set("ada", FIRST)
    assert isinstance(four_eyes.send("bob", "retire", "policy/proposal"), PendingChange)
    assert "no decision policy waits" in refused(four_eyes.accept("bob"))


def test_a_policy_is_removed_by_its_name(team: Team) -> None:
    team.set("ada", FIRST)
    assert isinstance(team.send("ada", "retire", "policy/decision"), PendingChange)
    assert team.live is None


def test_a_rollback_restores_the_policy_before_and_leaves_the_threshold(team: Team, engine: Engine) -> None:
    team.set("ada", FIRST)
    team.set("ada", SECOND)
    record(team.worker, engine)
    threshold = team.worker.log.refresh().threshold
    assert isinstance(team.send("bob", "rollback", "policy/decision"), PendingChange)
    assert team.live == FIRST
    assert team.worker.log.refresh().threshold == threshold
    assert "threshold" not in team.worker.log.announced[-1].values


def test_a_rollback_of_the_first_policy_leaves_all_to_the_budget(team: Team, engine: Engine) -> None:
    team.set("ada", FIRST)
    record(team.worker, engine)
    team.send("bob", "rollback", "policy/decision")
    assert team.live is None


def test_an_accepted_policy_that_is_rolled_back_does_not_wait_again(four_eyes: Team, engine: Engine) -> None:
    four_eyes.set("ada", FIRST)
    four_eyes.accept("bob")
    record(four_eyes.worker, engine)
    four_eyes.send("bob", "rollback", "policy/decision")
    assert (four_eyes.live, four_eyes.waits) == (None, None)
