"""Four eyes hold while an approved episode grows: one analyst cannot widen what another has approved."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from adaptation.going_live.growing import adapt_grown
from adaptation.going_live.result import PendingChange
from contracts.answer import Answer
from contracts.standing_policy import StandingPolicy
from control.entry import Kind
from storage import UnitOfWork
from storage.api_tokens import ApiToken
from storage.episodes import LIVE, Episode
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, a_flag, frauds

FOUR_EYES = StandingPolicy(four_eyes=True)
LATER_S = 10.0  # past the five quiet seconds after the last verdict


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    """Return a worker with four eyes, and an episode of four flags that ada made and bob approved."""
    worker = WorkerInMemory(engine, FOUR_EYES)
    worker.handle(a_flag())
    assert isinstance(
        worker.handle(a_flag("approve", request_id="r-2", fraud=(), author="bob")), PendingChange
    )
    with UnitOfWork(engine) as unit:
        (episode,) = unit.episodes.page(offset=0, limit=1)
        episode.status = LIVE  # as the acknowledgements make it
        unit.commit()
    return worker


def label(worker: WorkerInMemory, *fraud: str, author: str = "ada", request_id: str = "r-3") -> None:
    worker.handle(a_flag("label", request_id=request_id, fraud=fraud, author=author))


def let_time_pass(worker: WorkerInMemory) -> None:
    now = worker.context.clock()
    worker.context.clock = lambda: now + LATER_S
    worker.context.reread_policy()
    while adapt_grown(worker.context):
        pass


def support(worker: WorkerInMemory) -> set[str]:
    """Return the flags that the detector in force was made of."""
    (detector,) = worker.log.refresh().detectors
    return set(detector.support.ids)


def the_episode(engine: Engine) -> Episode:
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.page(offset=0, limit=1)
        return episode


def approve(worker: WorkerInMemory, author: str, request_id: str) -> Answer | PendingChange:
    return worker.handle(a_flag("approve", request_id=request_id, fraud=(), author=author))


def test_growth_beyond_what_was_approved_waits_for_a_second_approval(
    worker: WorkerInMemory, engine: Engine
) -> None:
    label(worker, *frauds(*range(4, 19)))
    let_time_pass(worker)
    assert support(worker) == set(frauds(0, 1, 2, 3))
    assert "grew by 15" in (the_episode(engine).growth_waits or "")


def test_who_made_the_episode_grow_cannot_approve_the_growth_and_another_person_can(
    worker: WorkerInMemory, engine: Engine
) -> None:
    label(worker, *frauds(*range(4, 19)), author="bob")
    let_time_pass(worker)
    own = approve(worker, "bob", "r-4")
    assert isinstance(own, Answer)
    assert (own.status, "another person approves it" in own.message) == ("refused", True)
    assert isinstance(approve(worker, "ada", "r-5"), PendingChange)
    assert support(worker) == set(frauds(*range(19)))
    assert the_episode(engine).growth_waits is None


def test_an_approval_does_not_cover_what_joined_after_the_approver_looked(
    worker: WorkerInMemory, engine: Engine
) -> None:
    label(worker, *frauds(*range(4, 19)))
    let_time_pass(worker)
    early = worker.handle(a_flag("approve", request_id="r-4", fraud=(), author="bob", seen=9))
    assert isinstance(early, Answer)
    assert "has 19 transactions, and bob saw 9" in early.message
    assert support(worker) == set(frauds(0, 1, 2, 3))
    seen = a_flag("approve", request_id="r-5", fraud=(), author="bob", seen=19)
    assert isinstance(worker.handle(seen), PendingChange)


def test_small_growth_is_adapted_as_before_but_does_not_add_up(
    worker: WorkerInMemory, engine: Engine
) -> None:
    label(worker, *frauds(4, 5))
    let_time_pass(worker)
    assert support(worker) == set(frauds(*range(6)))
    label(worker, *frauds(6, 7), request_id="r-4")
    let_time_pass(worker)
    assert support(worker) == set(frauds(*range(8)))
    label(worker, *frauds(8, 9), request_id="r-5")
    let_time_pass(worker)
    assert support(worker) == set(frauds(*range(8)))
    assert "grew by 6" in (the_episode(engine).growth_waits or "")


def test_a_payment_of_another_pattern_waits_however_few_they_are(
    worker: WorkerInMemory, engine: Engine
) -> None:
    label(worker, "tx-0-7")
    let_time_pass(worker)
    assert support(worker) == set(frauds(0, 1, 2, 3))
    assert "tx-0-7" in (the_episode(engine).growth_waits or "")


def test_growth_that_waits_stays_out_of_the_detector_when_it_is_adapted_for_another_reason(
    worker: WorkerInMemory, engine: Engine
) -> None:
    from adaptation.going_live.growing import adapt_anew

    label(worker, *frauds(*range(4, 19)))
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.with_status(LIVE)
        assert episode.transactions
    adapt_anew(worker.context, episode, "beside another base")  # before the growth is looked at
    assert support(worker) == set(frauds(0, 1, 2, 3))
    let_time_pass(worker)
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.with_status(LIVE)
        assert episode.transactions
    adapt_anew(worker.context, episode, "beside another base")  # while it waits
    assert support(worker) == set(frauds(0, 1, 2, 3))


def test_without_a_policy_that_asks_for_a_person_growth_goes_live_at_once(engine: Engine) -> None:
    worker = WorkerInMemory(engine, StandingPolicy())
    worker.handle(a_flag())
    with UnitOfWork(engine) as unit:
        (episode,) = unit.episodes.page(offset=0, limit=1)
        episode.status = LIVE
        unit.commit()
    label(worker, *frauds(*range(4, 19)))
    let_time_pass(worker)
    assert support(worker) == set(frauds(*range(19)))


def test_the_maker_of_a_token_cannot_approve_what_the_token_flagged(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.tokens.add(ApiToken(name="feed", digest="d", scopes=["episodes"], author="bob", created_at=1.0))
        unit.commit()
    worker = WorkerInMemory(engine, FOUR_EYES)
    worker.handle(a_flag(author="token feed"))
    own = approve(worker, "bob", "r-2")
    assert isinstance(own, Answer)
    assert "another person approves it" in own.message
    assert isinstance(approve(worker, "carol", "r-3"), PendingChange)
    assert len(worker.log.refresh().in_force(Kind.DETECTOR)) == 1
