"""A live detector is refined once, if the gate finds that better, and never beyond the limit."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from adaptation.going_live import episode_records
from adaptation.going_live.growing import adapt_grown
from adaptation.proposing.adapting import adapt
from adaptation.proposing.proposal import at_once
from adaptation.upkeep.background import Background
from adaptation.upkeep.refining import QUIET_S, Figures, refine
from contracts.answer import Answer
from contracts.standing_policy import StandingPolicy
from control.entry import Kind
from meta.adapters.refined import NAME
from storage import UnitOfWork
from storage.audit_log import AuditEntry
from storage.episodes import ANNOUNCED, DRAFT, LIVE, REFINED, WAITING, Episode
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, a_flag, frauds
from tests.waiting import until


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    return WorkerInMemory(engine, StandingPolicy(), adapter="portfolio")


@pytest.fixture
def better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every refined detector that passes the gate be the better one."""
    monkeypatch.setattr(Figures, "better_than", lambda self, other: True)


@pytest.fixture
def worse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Figures, "better_than", lambda self, other: False)


def flagged(worker: WorkerInMemory, status: str = LIVE, **fields: Any) -> str:
    """Flag an episode, give it a status, and return its id."""
    request = a_flag(**fields)
    worker.handle(request)
    with worker.context.unit() as unit:
        episode = unit.episodes.of_request(request.request_id)
        assert episode is not None
        episode.status = status
        unit.commit()
        return episode.id


def stored(worker: WorkerInMemory, episode_id: str) -> Episode:
    with worker.context.unit(reads_only=True) as unit:
        episode = unit.episodes.get(episode_id)
        assert episode is not None
        return episode


def refined(worker: WorkerInMemory, *, later: float = QUIET_S) -> bool:
    """Do one turn of refinement, `later` seconds after now."""
    clock = worker.context.clock
    context = replace(worker.context, clock=lambda: clock() + later)
    return refine(context, worker.log.refresh(), InThisProcess())


class InThisProcess(Background):
    """Answers at once."""

    run = staticmethod(at_once)


def adapters(worker: WorkerInMemory) -> list[str]:
    return [live.detector.adapter for live in worker.log.refresh().detectors]


def actions(engine: Engine) -> list[str]:
    with UnitOfWork(engine, reads_only=True) as unit:
        return list(unit.session.scalars(select(AuditEntry.action)).all())


@pytest.mark.usefixtures("better")
def test_a_live_detector_is_replaced_by_a_refined_version_once(
    worker: WorkerInMemory, engine: Engine
) -> None:
    episode = flagged(worker)
    [before] = worker.log.refresh().in_force(Kind.DETECTOR)
    assert refined(worker)
    assert (adapters(worker), list(worker.log.refresh().in_force(Kind.DETECTOR))) == ([NAME], [before])
    found = stored(worker, episode).details[REFINED]
    assert found["taken"]
    assert found["said"].startswith("refined ")
    assert found["refined"].keys() == found["before"].keys() == {"gain", "found"}
    assert found["seconds"] > 0
    with worker.context.unit(reads_only=True) as unit:
        row = unit.detectors.get(before)
        assert row is not None
        assert (row.adapter, row.status, row.control_offset) == (NAME, LIVE, worker.log.refresh().offset)
    assert actions(engine)[-2:] == ["flag: adapted anew", "refine: taken"]
    assert not refined(worker)


@pytest.mark.usefixtures("better")
def test_refinement_waits_while_flags_come_in(worker: WorkerInMemory) -> None:
    flagged(worker)
    assert not refined(worker, later=0.0)
    assert adapters(worker) == ["portfolio"]
    assert refined(worker)


@pytest.mark.usefixtures("better")
def test_requests_are_handled_while_a_process_refines(worker: WorkerInMemory) -> None:
    episode, background = flagged(worker), Background()
    clock = worker.context.clock
    context = replace(worker.context, clock=lambda: clock() + QUIET_S)
    try:
        assert not refine(context, worker.log.refresh(), background)
        answer = worker.handle(a_flag("preview", request_id="r-2", fraud=frauds(4, 5, 6, 7)))
        assert isinstance(answer, Answer)
        assert answer.status == "preview"
        until(
            lambda: refine(context, worker.log.refresh(), background), what="a refined detector", within_s=120
        )
    finally:
        background.close()
    assert adapters(worker) == [NAME]
    assert stored(worker, episode).details[REFINED]["taken"]


@pytest.mark.usefixtures("worse")
def test_a_detector_that_is_no_better_is_noted_and_not_announced(
    worker: WorkerInMemory, engine: Engine
) -> None:
    episode = flagged(worker)
    offset = worker.log.refresh().offset
    assert refined(worker)
    assert (adapters(worker), worker.log.refresh().offset) == (["portfolio"], offset)
    found = stored(worker, episode).details[REFINED]
    assert not found["taken"]
    assert found["said"].startswith("kept, a refined detector is not taken (not better): expected gain ")
    assert actions(engine)[-1] == "refine: kept"
    assert not refined(worker)


@pytest.mark.usefixtures("better")
def test_a_refined_detector_that_the_gate_refuses_is_not_taken(
    worker: WorkerInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    episode, judged = flagged(worker), adapt

    def refusing(*arguments: Any, **named: Any) -> Any:
        found = judged(*arguments, **named)
        refused = replace(found.proposal.verdict, reasons=("too many alerts",))
        return replace(found, proposal=replace(found.proposal, verdict=refused))

    monkeypatch.setattr("adaptation.upkeep.refining.adapt", refusing)
    assert refined(worker)
    assert adapters(worker) == ["portfolio"]
    assert "(too many alerts)" in stored(worker, episode).details[REFINED]["said"]


@pytest.mark.usefixtures("better")
def test_a_worker_that_stopped_before_it_noted_the_refined_version_notes_it_later(
    worker: WorkerInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(Exception):
        pass

    def stop(*arguments: Any) -> None:
        raise Stopped

    episode = flagged(worker)
    with monkeypatch.context() as patched:
        patched.setattr(episode_records, "note_new_version", stop)
        with pytest.raises(Stopped):
            refined(worker)
    monkeypatch.setattr(Figures, "better_than", lambda self, other: False)  # traffic has moved on
    assert refined(worker)
    assert stored(worker, episode).details[REFINED]["taken"]
    assert adapters(worker) == [NAME]
    assert not refined(worker)


@pytest.mark.usefixtures("better")
def test_an_episode_that_has_grown_is_refined_again_once_its_detector_is_adapted(
    worker: WorkerInMemory,
) -> None:
    episode = flagged(worker)
    assert refined(worker)
    worker.handle(a_flag("label", request_id="r-2", fraud=frauds(4, 5)))
    assert not refined(worker)
    worker.context = replace(worker.context, clock=lambda: time.time() + 60.0)
    assert adapt_grown(worker.context)
    assert (adapters(worker), REFINED in stored(worker, episode).details) == (["portfolio"], False)
    assert refined(worker)
    assert adapters(worker) == [NAME]


@pytest.mark.usefixtures("better")
@pytest.mark.parametrize("status", [DRAFT, WAITING, ANNOUNCED])
def test_only_live_episodes_are_refined(worker: WorkerInMemory, status: str) -> None:
    flagged(worker, status)
    assert not refined(worker)


@pytest.mark.usefixtures("better")
def test_no_more_than_the_limit_are_refined(worker: WorkerInMemory) -> None:
    worker.context.filed = StandingPolicy(most_refined=1)
    older = flagged(worker, fraud=frauds(0, 1, 2, 3))
    newer = flagged(worker, request_id="r-2", name="vouchers", fraud=frauds(4, 5, 6, 7))
    assert worker.live == 2
    assert refined(worker)
    assert not refined(worker)
    assert REFINED in stored(worker, newer).details
    assert REFINED not in stored(worker, older).details


@pytest.mark.usefixtures("better")
def test_a_limit_of_zero_turns_refinement_off(worker: WorkerInMemory) -> None:
    worker.context.filed = StandingPolicy(most_refined=0)
    flagged(worker)
    assert not refined(worker)


@pytest.mark.parametrize(
    ("refined", "live", "better"),
    [
        ((1.06, 0.5), (1.0, 0.9), True),
        ((1.0, 0.9), (1.06, 0.5), False),
        ((1.04, 0.80), (1.0, 0.80), False),
        ((1.0, 0.86), (1.04, 0.80), True),
        ((-1.0, 0.80), (-1.2, 0.80), True),
    ],
)
def test_the_larger_gain_is_better_and_among_equal_gains_more_found_flags(
    refined: tuple[float, float], live: tuple[float, float], better: bool
) -> None:
    assert Figures(*refined).better_than(Figures(*live)) is better
