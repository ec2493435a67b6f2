"""A worker that dies after any step of a flag loses nothing and leaves no detector half live."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, func, select

from adaptation.flag_steps import FlagStep
from control.announce import Announcer
from settings import Settings
from storage import UnitOfWork
from storage.audit_log import AuditEntry
from storage.episodes import ADAPTED, ANNOUNCED, LIVE, Episode
from tests.adaptation_worker import (
    Analyst,
    Scorer,
    a_worker,
    adapting,
    frauds,
)


class Killed(BaseException):
    """Ends a worker at once, as SIGKILL would; the worker does none of its next steps."""


@pytest.mark.parametrize("step", list(FlagStep))
def test_killed_after_any_step_nothing_is_lost_and_nothing_half_live(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst, step: FlagStep
) -> None:
    """1. A worker dies right after the step. 2. The next worker finishes the request as usual."""

    def stop_there(done: FlagStep) -> None:
        if done is step:
            raise Killed

    with Scorer(stream_settings) as scorer:
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3, 4))
        with pytest.raises(Killed):
            a_worker(stream_settings, engine, after=stop_there).run()
        between = announcer.refresh()
        assert len(between.detectors) == int(step >= FlagStep.ANNOUNCED)
        with adapting(stream_settings, engine):
            if step is not FlagStep.LIVE:
                assert analyst.answer("r-1").status == LIVE
        assert all(s.threshold is not None for s in scorer.snapshots if s.detectors)
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.session.scalar(select(func.count(Episode.id))) == 1
        assert [d.status for d in unit.detectors.with_status(LIVE, ANNOUNCED, ADAPTED)] == [LIVE]
        assert unit.audit.verify().head.position == unit.session.scalar(
            select(func.count(AuditEntry.position))
        )
    after = announcer.refresh()
    assert len(after.detectors) == 1
    if step >= FlagStep.ANNOUNCED:
        assert after.offset == between.offset  # the detector in force was not announced again
