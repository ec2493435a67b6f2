"""The adaptation worker steers the threshold by what is stored, as small entries of the control log."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine

from adaptation.upkeep.steering import STEERED, Steerer
from contracts.metrics import adaptation as metrics
from contracts.standing_policy import StandingPolicy
from control.entry import Kind
from control.learning import calibrated_rows, is_learning
from control.promote import CALIBRATED_ON, HISTORY
from meta.calibration import CEILING
from meta.steering import MOVES
from storage import UnitOfWork
from storage.alerts import REJECTED
from tests.small_models import base_change, genuine_rows, small_base
from tests.unit.adaptation.worker_in_memory import WorkerInMemory

LATER = 1e12


@pytest.fixture
def promoted(worker: WorkerInMemory) -> WorkerInMemory:
    """Return a worker after `flagfive promote` in a new installation: the queue is closed."""
    change = base_change(small_base(), threshold=CEILING)
    worker.log.announce(replace(change, values=dict(change.values) | {CALIBRATED_ON: HISTORY}))
    return worker


def turn(worker: WorkerInMemory, at: float = LATER) -> bool:
    return Steerer(worker.context).turn(worker.log.refresh(), at)


def alert_rate(worker: WorkerInMemory) -> float:
    snapshot = worker.log.refresh()
    assert snapshot.stack is not None
    assert snapshot.threshold is not None
    return float(np.mean(snapshot.stack.score(genuine_rows(50_000, seed=78))[0] > snapshot.threshold))


def store_rejected(engine: Engine, count: int) -> None:
    """Store alerts on the newest transactions, which analysts judged as genuine."""
    with UnitOfWork(engine) as unit:
        unit.alerts.add_many(
            (0, 5_999 - n, f"tx-0-{5_999 - n}", 5_999.0 - n, json.dumps({}), 1.0, 3.5, 3.5, "base", "c")
            for n in range(count)
        )
        unit.alerts.set_status([f"tx-0-{5_999 - n}" for n in range(count)], REJECTED)
        unit.commit()


def test_a_closed_queue_opens_once_traffic_is_measured(promoted: WorkerInMemory) -> None:
    assert is_learning(promoted.log.refresh())
    assert alert_rate(promoted) == 0.0
    assert turn(promoted)
    assert 0.0 < alert_rate(promoted) < 1.5 * promoted.context.budget
    assert promoted.log.announced[-1].id == STEERED


def test_the_learning_state_ends_with_a_calibration_of_enough_traffic(promoted: WorkerInMemory) -> None:
    base = promoted.log.refresh().base
    assert base is not None
    for rows, days, learning in (
        (5_000, 0.1, True),
        (50_000, 0.1, True),
        (50_000, 3.0, False),
        (9, 14.0, False),
    ):
        change = replace(
            promoted.log.announced[-1], kind=Kind.THRESHOLD, id="joint", parts={}, parent=base.content_hash,
            values={"threshold": 3.0, "calibration_rows": rows, "calibration_days": days},
        )  # fmt: skip
        promoted.log.announce(change)
        assert calibrated_rows(promoted.log.refresh()) == rows
        assert is_learning(promoted.log.refresh()) == learning


def test_a_base_with_tails_of_live_traffic_does_not_learn(worker: WorkerInMemory) -> None:
    assert not is_learning(worker.log.refresh())


def test_judged_false_alarms_raise_the_threshold(worker: WorkerInMemory, engine: Engine) -> None:
    turn(worker)
    before = worker.log.refresh().threshold
    store_rejected(engine, 40)
    assert turn(worker)
    after = worker.log.refresh().threshold
    assert before is not None
    assert after is not None
    assert after > before + MOVES


def store_of_rule(engine: Engine, count: int) -> None:
    """Store alerts of a written rule on the newest transactions; no one has judged them."""
    with UnitOfWork(engine) as unit:
        unit.alerts.add_many(
            (
                0,
                5_999 - n,
                f"tx-0-{5_999 - n}",
                5_999.0 - n,
                "{}",
                1.0,
                0.3,
                0.3,
                "rule/r",
                f"c{n}",
                "",
                "",
                "",
            )
            for n in range(count)
        )
        unit.commit()


def test_a_rule_that_spends_the_budget_raises_the_threshold_and_is_named(
    worker: WorkerInMemory, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    turn(worker)
    before = worker.log.refresh().threshold
    store_of_rule(engine, 40)
    with caplog.at_level("INFO"):
        assert turn(worker)
    after = worker.log.refresh().threshold
    assert before is not None
    assert after is not None
    assert after > before + MOVES
    assert "rules, lists and segments use" in worker.log.announced[-1].reason
    assert "the models' share is at its floor of 10%" in caplog.text
    assert metrics.MODELS_AT_FLOOR._value.get() == 1.0
    assert metrics.FIXED_SHARE._value.get() > 1.0


def test_a_threshold_that_hardly_moves_is_not_announced(worker: WorkerInMemory) -> None:
    for _ in range(20):
        if not turn(worker):
            break
    announced = len(worker.log.announced)
    assert not turn(worker)
    assert len(worker.log.announced) == announced


def test_it_decides_at_most_once_in_its_interval_and_not_at_all_where_it_is_off(engine: Engine) -> None:
    worker = WorkerInMemory(engine, StandingPolicy(steer_seconds=10.0))
    steerer = Steerer(worker.context)
    snapshot = worker.log.refresh()
    assert not steerer.turn(snapshot, 0.0)
    steerer.turn(snapshot, LATER)
    assert not steerer.turn(worker.log.refresh(), LATER + 9.0)
    off = WorkerInMemory(engine, StandingPolicy(steer_seconds=0.0))
    assert not turn(off)


def test_a_steered_threshold_keeps_the_stack_as_it_is(worker: WorkerInMemory) -> None:
    before = worker.log.refresh()
    assert turn(worker)
    assert worker.log.refresh().stack is before.stack
