"""Test doubles for the console: time, adaptation worker, model process, lag of scorers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine

from console.lag import LagNow
from console.models.blast_radius import blast_radius
from console.models.papers import evidence_of, inventory_of
from console.models.policy_radius import policy_radius
from console.models.results import AlternativeTerms, CannotScore, DraftMatches, RuleDraft, RuleSuggestion
from console.models.rule_suggestion import suggest_rule
from console.results.inventory import InventoryList
from console.results.transactions import PartScore
from console.results.what_if import TermsEffect, WhatIf
from contracts.acknowledgement import Acknowledgement
from contracts.answer import Answer, Draft
from contracts.request import Request
from contracts.standing_policy import StandingPolicy
from control.acknowledgements import Progress
from control.history import snapshot_of
from control.keys import ControlKey
from replay.blast_radius import BlastRadius
from replay.policy_radius import PolicyRadius
from rules.policy.definition import DecisionPolicy
from rules.vocabulary import Vocabulary
from storage import UnitOfWork
from tests.unit.console.stored_rows import DAY

KEY = ControlKey.single("a secret of enough length")
"""Signs and verifies the control log of these tests."""
TERMS = TermsEffect(3.0, 40, 4.0, 8, 4, 900.0, 500.0, 6, 30)


@dataclass
class Clock:
    """A clock that advances only when a test advances it."""

    now: float = DAY + 1_000.0

    def __call__(self) -> float:
        return self.now


class WorkerAtHand:
    """Answers the outbox's requests at once, as the adaptation worker would, with `answers`."""

    topic = "feedback"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._expected: dict[str, Future[Answer]] = {}
        self.asked: list[Request] = []
        self.answers: Callable[[Request], Answer | None] = lambda request: Answer(
            request.request_id, "done", "worked"
        )

    def __enter__(self) -> object:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def expect(self, request_id: str) -> Future[Answer]:
        return self._expected.setdefault(request_id, Future())

    def wake(self) -> None:
        with UnitOfWork(self._engine) as unit:
            for message in unit.outbox.pending():
                request = msgspec.json.decode(message.value or b"", type=Request)
                unit.outbox.mark_sent(message.id, time=0.0, offset=len(self.asked))
                self.asked.append(request)
                answer, expected = self.answers(request), self._expected.pop(request.request_id, None)
                if answer is not None and expected is not None:
                    expected.set_result(answer)
            unit.commit()

    def progress(self, control_offset: int) -> Progress | None:
        return Progress(3, 4)

    def acks(self) -> dict[int, Acknowledgement]:
        return {0: Acknowledgement("worker-1", (0,), 9, DAY)}


class ModelsAtHand:
    """Answers like the model process; without a set answer it cannot score, as with an empty database."""

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine
        self.asked: list[tuple[Draft, float]] = []
        self.answer: DraftMatches | None = None
        self.scores: list[PartScore] | None = None
        self.changes: list[AlternativeTerms] = []
        self.past: WhatIf | Exception = CannotScore("nothing is in force")
        self.running: int | None = None

    def __enter__(self) -> object:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def what_if(self, change: AlternativeTerms) -> WhatIf:
        self.changes.append(change)
        if isinstance(self.past, Exception):
            raise self.past
        return self.past

    def blast_radius(self, draft: RuleDraft, names: Vocabulary, policy: StandingPolicy) -> BlastRadius:
        with self._reading() as unit:
            return blast_radius(unit, snapshot_of(unit.control.all(), KEY), draft, names, policy)

    def policy_radius(
        self, tried: DecisionPolicy, days: float, names: Vocabulary, policy: StandingPolicy
    ) -> PolicyRadius:
        with self._reading() as unit:
            return policy_radius(unit, snapshot_of(unit.control.all(), KEY), tried, days, names, policy)

    def rule_suggestion(
        self, episode_id: str, names: Vocabulary, policy: StandingPolicy, days: float
    ) -> RuleSuggestion:
        with self._reading() as unit:
            episode = unit.episodes.get(episode_id)
            assert episode is not None
            snapshot = snapshot_of(unit.control.all(), KEY)
            return suggest_rule(unit, snapshot, episode, names, policy, days)

    def stage(self) -> int | None:
        return self.running

    def evidence(self, policy: StandingPolicy, subject: str, made_by: str, now: float) -> bytes:
        with self._reading() as unit:
            return evidence_of(unit, KEY, policy, subject, made_by, now)

    def inventory(self, policy: StandingPolicy, now: float) -> InventoryList:
        with self._reading() as unit:
            return inventory_of(unit, KEY, policy, now)

    def _reading(self) -> UnitOfWork:
        if self._engine is None:
            raise CannotScore("nothing is stored")
        return UnitOfWork(self._engine, reads_only=True)

    def look_back(self, draft: Draft, days: float) -> DraftMatches:
        self.asked.append((draft, days))
        if self.answer is None:
            raise CannotScore("nothing is stored")
        return self.answer

    def parts(self, partition: int, offset: int) -> list[PartScore]:
        if self.scores is None:
            raise CannotScore("nothing is in force")
        return self.scores


class LagAtHand:
    """The broker's answer: partition 0 ends at 25 and is scored to 20; partition 1 was never scored."""

    def __init__(self) -> None:
        self.answer = LagNow({0: 20}, {0: 25, 1: 0}, DAY)

    def now(self) -> LagNow:
        return self.answer
