"""Promotion of a trained base: trial, in force, fit to live traffic, retirement of needless detectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine

from contracts.standing_policy import StandingPolicy
from control.announce import Announcer
from control.entry import Kind
from control.learning import JOINT
from control.promote import HISTORY, announce_artifacts, announce_on_trial
from features.formulas import WINDOW_FORMULAS
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.sampler import Labelled
from meta.training import NamedHistory, unsupervised_artifacts
from settings import Settings
from storage import UnitOfWork
from storage.episodes import LIVE
from storage.labelled_history import load_genuine_traffic
from tests.adaptation_worker import KEY, PATTERN, Analyst, Scorer, adapting, frauds, record_control
from tests.small_models import NAMES, genuine_rows, small_base, small_network
from tests.waiting import until

BUDGET = 0.001


@pytest.fixture
def artifacts() -> Artifacts:
    """Return a base with other weights than the base in force, and tails that do not fit the live traffic."""
    past = (PATTERN + genuine_rows(20, seed=3)).astype(np.float32)
    base = small_base(seed=5)
    scores = base.score(genuine_rows(5_000, seed=8))
    return Artifacts(base, small_network(), past=past, tails=Tails.fit(scores + 2.0 * np.std(scores)))


def promote(announcer: Announcer, artifacts: Artifacts, threshold: float = 3.0) -> int:
    assert artifacts.tails is not None
    return announce_artifacts(
        announcer, artifacts, artifacts.tails, threshold=threshold, author="ada", reason="newer",
        calibrated_on=HISTORY,
    ).offset  # fmt: skip


def alert_rate(announcer: Announcer) -> float:
    """Return the share of ordinary traffic that the stack in force alerts."""
    snapshot = announcer.refresh()
    assert snapshot.stack is not None
    assert snapshot.threshold is not None
    surprise, _ = snapshot.stack.score(genuine_rows(100_000, seed=78))
    return float(np.mean(surprise > snapshot.threshold))


def test_a_base_goes_from_trial_into_force_and_its_trial_ends(
    announcer: Announcer, artifacts: Artifacts
) -> None:
    assert artifacts.tails is not None
    before = announcer.refresh()
    announce_on_trial(announcer, artifacts, artifacts.tails, threshold=2.5, author="ada", reason="compare")
    tried = announcer.refresh()
    assert tried.base is before.base
    assert [(s.scorer.id, s.threshold) for s in tried.shadows.all] == [
        (f"base-{artifacts.base.content_hash[:12]}", 2.5)
    ]
    promote(announcer, artifacts)
    after = announcer.refresh()
    assert after.shadows.all == ()
    assert after.base is not None
    assert after.base.model.content_hash == artifacts.base.content_hash
    assert after.base.past.tobytes() == artifacts.past.tobytes()


def test_a_base_with_the_tails_of_its_history_is_fitted_to_live_traffic(
    stream_settings: Settings, engine: Engine, announcer: Announcer, artifacts: Artifacts
) -> None:
    """1. With its original tails the base alerts almost nothing. 2. After the fit it spends its budget."""
    promote(announcer, artifacts)
    assert alert_rate(announcer) < 0.1 * BUDGET
    with Scorer(stream_settings), adapting(stream_settings, engine):
        until(lambda: calibration(announcer) is not None, what="a calibration")
    assert 0.3 * BUDGET < alert_rate(announcer) < 2.5 * BUDGET


def test_five_flags_make_a_detector_beside_a_base_without_labels(
    stream_settings: Settings, engine: Engine, analyst: Analyst
) -> None:
    """1. A base is fitted to stored traffic. 2. It is promoted: no network is. 3. Five flags go live."""
    with UnitOfWork(engine, reads_only=True) as unit:
        stored = load_genuine_traffic(unit.session, unit.past, 10_000, seed=0)
    none = np.zeros(len(stored), np.int64)
    rows = Labelled(stored.features, none, none, stored.event_time)
    made = unsupervised_artifacts(NamedHistory(NAMES, rows, formulas=WINDOW_FORMULAS))
    announcer = Announcer(stream_settings.broker, stream_settings.topics.control, KEY)
    promote(announcer, made)
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3, 4))
        assert analyst.answer("r-1").status == LIVE
    after = announcer.refresh()
    announcer.close()
    assert (len(after.networks), len(after.detectors)) == (0, 1)
    assert after.stack is not None
    assert after.threshold is not None
    surprise, _ = after.stack.score((PATTERN + 0.3 * genuine_rows(50, seed=4)).astype(np.float32))
    assert np.mean(surprise > after.threshold) > 0.8


def test_a_detector_that_a_new_base_makes_needless_is_proposed_for_retirement(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst, artifacts: Artifacts
) -> None:
    """1. A detector goes live. 2. The same base comes again, with tails that find all frauds without it."""
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == LIVE
        finds_all = replace(artifacts, tails=Tails(np.array([-1e9]), np.array([11.0]), 1.0))
        promote(announcer, finds_all)

        def proposal() -> str | None:
            with UnitOfWork(engine, reads_only=True) as unit:
                (episode,) = unit.episodes.with_status(LIVE)
                return episode.details.get("proposal")

        assert "retire: the base finds 4 of its 4 frauds" in until(proposal, what="a proposal")


@pytest.mark.parametrize("calibrated", [False, True], ids=["as announced", "recalibrated"])
def test_the_base_before_is_put_back_with_the_calibration_that_it_had(
    stream_settings: Settings,
    engine: Engine,
    announcer: Announcer,
    analyst: Analyst,
    artifacts: Artifacts,
    calibrated: bool,
) -> None:
    """1. A base, fitted to traffic or not. 2. A new base comes and is fitted. 3. The first returns."""
    hourly = StandingPolicy(steer_seconds=0.0, recalibrate_hours=1e-3 if calibrated else 24.0)
    with Scorer(stream_settings), adapting(stream_settings, engine, policy=hourly):
        if calibrated:
            until(lambda: calibration(announcer) is not None, what="a calibration of the first base")
    first, since = announcer.refresh(), calibration(announcer)
    with Scorer(stream_settings), adapting(stream_settings, engine):
        promote(announcer, artifacts)
        until(lambda: calibration(announcer) != since, what="a calibration of the new base")
        record_control(stream_settings, engine)
        analyst.send("r-1", "rollback", name="base/base")
        assert analyst.answer("r-1").status == LIVE
    rows, back = genuine_rows(200, seed=5), announcer.refresh()
    assert first.stack is not None
    assert back.stack is not None
    assert back.stack.score(rows)[0].tobytes() == first.stack.score(rows)[0].tobytes()
    assert back.threshold == first.threshold


def calibration(announcer: Announcer) -> int | None:
    """Return the sequence number of the calibration on the control log."""
    held = announcer.refresh().in_force(Kind.THRESHOLD).get(JOINT)
    return None if held is None else held.entry.sequence
