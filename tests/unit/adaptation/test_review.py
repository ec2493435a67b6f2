"""Undetected frauds in stored traffic: an episode asks about some, and verdicts clean its calibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine

from adaptation.going_live.growing import adapt_grown
from contracts.standing_policy import StandingPolicy
from meta.review import LABELS
from recorder.rows import scored_rows
from storage import UnitOfWork
from storage.episodes import DRAFT, LIVE, SUPPORT, Episode
from tests.scored_messages import scored_message
from tests.small_models import genuine_rows
from tests.unit.adaptation.worker_in_memory import GENUINE, PATTERN, WorkerInMemory, a_flag

HIDDEN = 40


@pytest.fixture
def worker(engine: Engine) -> WorkerInMemory:
    """Return a worker whose stored traffic has 40 undetected frauds of the pattern, spread over time."""
    odd = (PATTERN + 0.3 * genuine_rows(HIDDEN, seed=19)).astype(np.float32)
    times = np.linspace(0, GENUINE - 1, HIDDEN).tolist()
    ids = [b"hidden-%d" % number for number in range(HIDDEN)]
    with UnitOfWork(engine) as unit:
        rows = scored_rows(scored_message(2, range(HIDDEN), features=odd, ids=ids, times=times))
        unit.transactions.add_many(rows)
        unit.commit()
    return WorkerInMemory(engine, StandingPolicy())


def stored(engine: Engine) -> Episode:
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.page(offset=0, limit=10)
        assert episode.transactions is not None  # loads them
        return episode


def note_live(engine: Engine) -> None:
    """Note that all partitions score with the detector, as their acknowledgements do."""
    with UnitOfWork(engine) as unit:
        (episode,) = unit.episodes.page(offset=0, limit=10)
        episode.status = LIVE
        unit.commit()


def recall(worker: WorkerInMemory) -> float:
    """Return the share of later frauds of the pattern that what is in force alerts."""
    snapshot = worker.log.refresh()
    assert snapshot.stack is not None
    assert snapshot.threshold is not None
    later = (PATTERN + 0.3 * genuine_rows(200, seed=29)).astype(np.float32)
    return float(np.mean(snapshot.stack.score(later)[0] > snapshot.threshold))


def test_twenty_verdicts_take_forty_undetected_frauds_out_of_the_calibration(
    worker: WorkerInMemory, engine: Engine
) -> None:
    """1. A flag: the hidden frauds silence its detector. 2. Verdicts. 3. A new version finds the pattern."""
    asked = worker.handle(a_flag()).to_review
    assert 0 < len(asked) <= LABELS
    assert recall(worker) < 0.1
    fraud = tuple(one for one in asked if one.startswith("hidden"))
    note_live(engine)
    worker.handle(
        a_flag("label", request_id="r-2", fraud=fraud, genuine=tuple(o for o in asked if o not in fraud))
    )
    assert stored(engine).to_review == ()
    worker.context = replace(worker.context, clock=lambda: 1e12)
    assert adapt_grown(worker.context)
    assert recall(worker) > 0.9
    members = [part.transaction_id for part in stored(engine).transactions if part.role == SUPPORT]
    assert set(fraud) < set(members)


def test_what_is_not_judged_is_asked_again_and_nothing_else(worker: WorkerInMemory, engine: Engine) -> None:
    first = worker.handle(a_flag()).to_review
    note_live(engine)
    worker.handle(a_flag("label", request_id="r-2", fraud=first[:1], genuine=first[-1:]))
    worker.context = replace(worker.context, clock=lambda: 1e12)
    assert adapt_grown(worker.context)
    assert stored(engine).to_review == first[1:-1]


def test_a_draft_takes_verdicts_too(worker: WorkerInMemory, engine: Engine) -> None:
    asked = worker.handle(a_flag(policy="approve")).to_review
    with UnitOfWork(engine) as unit:
        (episode,) = unit.episodes.page(offset=0, limit=10)
        episode.status = DRAFT
        unit.commit()
    answer = worker.handle(a_flag("label", request_id="r-2", fraud=asked[:3]))
    assert answer.notes[0] == "episode 'gift cards' grows by 3"
