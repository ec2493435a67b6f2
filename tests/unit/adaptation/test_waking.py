"""A new base: an episode whose detector cannot score beside it is adapted again."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from adaptation.upkeep.waking import WOKEN, wake
from contracts.standing_policy import StandingPolicy
from storage.episodes import LIVE, RETIRED, Episode
from tests.small_models import base_change, small_base
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, a_flag


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    """Return a worker with one live detector that belongs to its base."""
    worker = WorkerInMemory(engine, StandingPolicy(), adapter="refined")
    worker.handle(a_flag())
    with worker.context.unit() as unit:
        (episode,) = unit.episodes.page(offset=0, limit=1)
        episode.status = LIVE
        unit.commit()
    return worker


def stored(worker: WorkerInMemory) -> Episode:
    with worker.context.unit(reads_only=True) as unit:
        (episode,) = unit.episodes.page(offset=0, limit=1)
        return episode


def test_a_new_base_leaves_no_pattern_without_a_detector(worker: WorkerInMemory) -> None:
    before = stored(worker).detector_id
    assert not wake(worker.context, worker.log.refresh())
    worker.log.announce(base_change(small_base(seed=9)))
    assert worker.log.refresh().dormant == (before,)
    assert wake(worker.context, worker.log.refresh())
    snapshot, after = worker.log.refresh(), stored(worker).detector_id
    assert snapshot.base is not None
    assert after != before
    assert ([live.id for live in snapshot.detectors], snapshot.dormant) == ([after], ())
    assert stored(worker).details[WOKEN] == snapshot.base.content_hash
    with worker.context.unit(reads_only=True) as unit:
        old, new = unit.detectors.get(before or ""), unit.detectors.get(after or "")
        assert old is not None
        assert new is not None
        assert (old.status, new.status) == (RETIRED, LIVE)
    assert not wake(worker.context, snapshot)


def test_what_the_gate_refuses_beside_the_new_base_is_tried_once(
    worker: WorkerInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(
        "adaptation.upkeep.waking.adapt_anew", lambda c, episode, why: tried.append(episode.id)
    )
    worker.log.announce(base_change(small_base(seed=9)))
    assert wake(worker.context, worker.log.refresh())
    assert not wake(worker.context, worker.log.refresh())
    assert len(tried) == 1
