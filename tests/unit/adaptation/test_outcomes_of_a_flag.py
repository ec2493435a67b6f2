"""A repeated flag gets the same answer, also after a stop between two steps."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from adaptation.flag_steps import FlagStep, continue_after
from contracts.answer import Answer
from storage import UnitOfWork
from storage.episodes import DRAFT, REFUSED, SHADOW, WAITING
from storage.labels import Label
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, a_flag, statuses

ORDINARY = tuple(f"tx-0-{number}" for number in range(100, 600, 100))
KEPT = [
    pytest.param({"fraud": ORDINARY}, DRAFT, id=DRAFT),
    pytest.param({"policy": "approve"}, WAITING, id=WAITING),
    pytest.param({"policy": "shadow"}, SHADOW, id=SHADOW),
]


class Killed(BaseException):
    """Ends a worker at once; the worker does none of its next steps."""


@pytest.mark.parametrize(
    ("fields", "status"), [*KEPT, pytest.param({"fraud": ("never-seen",)}, REFUSED, id=REFUSED)]
)
def test_a_repeated_flag_gets_the_same_answer(
    worker: WorkerInMemory, fields: dict[str, Any], status: str
) -> None:
    first, second = worker.handle(a_flag(**fields)), worker.handle(a_flag(**fields))
    assert isinstance(first, Answer)
    assert first.status == status
    assert first == second


@pytest.mark.parametrize("step", [step for step in FlagStep if step <= FlagStep.NOTED])
@pytest.mark.parametrize(("fields", "status"), KEPT)
def test_a_flag_that_is_stopped_after_any_step_ends_as_if_nothing_had_happened(
    worker: WorkerInMemory, engine: Engine, fields: dict[str, Any], status: str, step: FlagStep
) -> None:
    """1. The worker dies right after the step. 2. The request arrives again."""

    def stop_there(done: FlagStep) -> None:
        if done is step:
            raise Killed

    worker.context.after = stop_there
    with pytest.raises(Killed):
        worker.handle(a_flag(**fields))
    worker.context.after = continue_after
    answer = worker.handle(a_flag(**fields))
    assert isinstance(answer, Answer)
    assert (answer.status, statuses(engine), worker.live) == (status, [status], 0)
    rules = worker.log.refresh().rules.by_entity["card"].rules
    counts = [placed.rule.count for placed_here in rules.values() for placed in placed_here]
    flags = a_flag(**fields).fraud
    assert counts == [1.0] * len(
        flags
    )  # each flagged card counts once, even if it was announced several times
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.session.scalar(select(func.count(Label.id))) == len(flags)
