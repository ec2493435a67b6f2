"""The life of a detector: approval, trial, verdicts, retirement, rollback, expiry."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Engine, select

from contracts.standing_policy import DAY_S, StandingPolicy
from control.announce import Announcer
from control.entry import Kind
from settings import Settings
from storage import UnitOfWork
from storage.audit_log import AuditEntry
from storage.episodes import LIVE, RETIRED, SHADOW, WAITING
from storage.policies import PolicyVersion
from tests.adaptation_worker import (
    Analyst,
    Scorer,
    adapting,
    frauds,
    record_control,
)
from tests.small_models import genuine_rows
from tests.waiting import until


def test_a_retired_detector_is_gone_and_rollback_brings_it_back_to_the_bit(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    rows = genuine_rows(200, seed=5)
    with Scorer(stream_settings) as scorer, adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        live = analyst.answer("r-1")
        with_detector = scorer.snapshots[-1]
        analyst.send("r-2", "retire", name="gift cards")
        assert analyst.answer("r-2").status == LIVE
        assert scorer.snapshots[-1].detectors == ()
        with UnitOfWork(engine, reads_only=True) as unit:
            assert [e.request_id for e in unit.episodes.with_status(RETIRED)] == ["r-1"]
        record_control(stream_settings, engine)
        analyst.send("r-3", "rollback", name=f"detector/{live.detector_id}")
        answer = analyst.answer("r-3")
        assert answer.status == LIVE, answer.message
        back = scorer.snapshots[-1]
    assert back.stack is not None
    assert with_detector.stack is not None
    assert back.stack.score(rows)[0].tobytes() == with_detector.stack.score(rows)[0].tobytes()
    assert back.threshold == with_detector.threshold


def test_cards_of_flags_score_higher_at_once_even_where_the_detector_stays_a_draft(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=tuple(f"tx-0-{number}" for number in range(100, 600, 100)))
        answer = analyst.answer("r-1")
    assert answer.status == "draft"
    assert any("5 cards watched" in note for note in answer.notes)
    keys = announcer.refresh().rules.by_entity["card"].rules
    assert sorted(keys) == [b"card-0-100", b"card-0-200", b"card-0-300", b"card-0-400", b"card-0-500"]


def test_with_four_eyes_another_person_puts_the_detector_into_force(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    """1. ada flags: it waits. 2. ada approves: refused. 3. bob approves: live. 4. Again: no change."""
    with (
        Scorer(stream_settings),
        adapting(stream_settings, engine, policy=StandingPolicy(steer_seconds=0.0, four_eyes=True)),
    ):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == WAITING
        assert announcer.refresh().detectors == ()
        analyst.send("r-2", "approve")
        assert "another person approves it" in analyst.answer("r-2").message
        analyst.send("r-3", "approve", author="bob")
        answer = analyst.answer("r-3")
        assert answer.status == LIVE, answer.message
        analyst.send("r-4", "approve", author="bob")
        assert analyst.answer("r-4").control_offset == answer.control_offset
    (detector,) = announcer.refresh().in_force(Kind.DETECTOR).values()
    assert detector.entry.reason == "flagged by ada, approved by bob"
    with UnitOfWork(engine, reads_only=True) as unit:
        acts = unit.session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "bob")).all()
        assert acts[0] == "approve"
        assert [e.status for e in unit.episodes.with_status(LIVE, WAITING)] == [LIVE]


def test_a_shadow_decides_nothing_until_it_is_approved(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    before = announcer.refresh()
    with (
        Scorer(stream_settings),
        adapting(stream_settings, engine, policy=StandingPolicy(steer_seconds=0.0, policy="shadow")),
    ):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == SHADOW
        silent = announcer.refresh()
        assert len(silent.in_force(Kind.SHADOW)) == 1
        assert (silent.detectors, silent.threshold) == ((), before.threshold)
        analyst.send("r-2", "approve")
        assert analyst.answer("r-2").status == LIVE
    after = announcer.refresh()
    assert (len(after.detectors), after.in_force(Kind.SHADOW)) == (1, {})


def test_what_waits_can_be_dropped(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with (
        Scorer(stream_settings),
        adapting(stream_settings, engine, policy=StandingPolicy(steer_seconds=0.0, policy="shadow")),
    ):
        analyst.send("r-1", fraud=frauds(0, 1, 2, 3))
        assert analyst.answer("r-1").status == SHADOW
        analyst.send("r-2", "retire", name="gift cards")
        assert analyst.answer("r-2").status == RETIRED
        analyst.send("r-3", "approve")
        assert "no episode 'gift cards' waits" in analyst.answer("r-3").message
    assert announcer.refresh().in_force(Kind.SHADOW) == {}


def test_verdicts_join_the_episode_and_its_detector_is_adapted_anew(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        first = analyst.answer("r-1")
        assert first.status == LIVE
        analyst.send("r-2", "label", fraud=frauds(3, 4, 5), genuine=("tx-0-7",))
        assert analyst.answer("r-2").notes[0] == "episode 'gift cards' grows by 4"

        def adapted_anew() -> bool:
            (detector,) = announcer.refresh().in_force(Kind.DETECTOR).values()
            return detector.offset > (first.control_offset or 0)

        until(adapted_anew, what="the detector to be adapted anew")
    (detector,) = announcer.current.detectors
    assert detector.id == first.detector_id
    assert set(detector.support.ids) == set(frauds(0, 1, 2, 3, 4, 5))
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.with_status(LIVE)
        assert len(episode.transactions) == 7
        assert "grown_at" not in episode.details


def test_a_verdict_taken_back_takes_its_risk_back(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        for request, verdicts in (("r-1", {"fraud": ("tx-0-7",)}), ("r-2", {"genuine": ("tx-0-7",)})):
            analyst.send(request, "label", name="", source="chargeback", **verdicts)
            assert analyst.answer(request).status == "done"
    rules = announcer.refresh().rules.by_entity["card"].rules[b"card-0-7"]
    assert sorted(placed.rule.count for placed in rules) == [-1.0, 1.0]


def test_rules_are_rolled_back_without_touching_the_threshold(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        assert analyst.answer("r-1").status == LIVE
        before = announcer.refresh()
        (key,) = [k.decode() for k, a in before.applied.items() if a.entry.kind is Kind.RISK]
        record_control(stream_settings, engine)
        analyst.send("r-2", "rollback", name=key)
        assert analyst.answer("r-2").status == LIVE
    after = announcer.refresh()
    assert len(before.rules) == 3
    assert len(after.rules) == 0
    assert (after.threshold, after.stack) == (before.threshold, before.stack)


def test_by_the_clock_detectors_expire_and_tails_are_fitted_anew(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    brief = StandingPolicy(steer_seconds=0.0, expire_days=2.0 / DAY_S, recalibrate_hours=1.0 / 3_600.0)
    with Scorer(stream_settings), adapting(stream_settings, engine):
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        assert analyst.answer("r-1").status == LIVE
    with Scorer(stream_settings), adapting(stream_settings, engine, policy=brief):
        until(lambda: announcer.refresh().detectors == (), what="the detector to expire")
        until(lambda: Kind.THRESHOLD in {a.entry.kind for a in announcer.refresh().applied.values()},
              what="a recalibration")  # fmt: skip
    assert announcer.current.stack is not None
    assert announcer.current.threshold is not None
    surprise, _ = announcer.current.stack.score(genuine_rows(50_000, seed=78))
    assert np.mean(surprise > announcer.current.threshold) < 0.002
    with UnitOfWork(engine, reads_only=True) as unit:
        (episode,) = unit.episodes.with_status(RETIRED)
        assert "expired" in (episode.reason or "")


def test_what_an_administrator_sets_counts_at_once(
    stream_settings: Settings, engine: Engine, announcer: Announcer, analyst: Analyst
) -> None:
    """1. Set ten times the budget and four eyes. 2. The threshold follows. 3. A flag waits."""
    with Scorer(stream_settings), adapting(stream_settings, engine):
        with UnitOfWork(engine) as unit:
            terms = {"alert_rate": 0.01, "four_eyes": True}
            unit.policies.add(PolicyVersion(author="root", time=1.0, terms=terms))
            unit.commit()
        until(lambda: (announcer.refresh().threshold or 9.0) < 2.5, what="a threshold for the new budget")
        analyst.send("r-1", fraud=frauds(0, 1, 2))
        assert analyst.answer("r-1").status == WAITING
    assert announcer.current.stack is not None
    assert announcer.current.threshold is not None
    surprise, _ = announcer.current.stack.score(genuine_rows(50_000, seed=78))
    assert 0.005 < np.mean(surprise > announcer.current.threshold) < 0.015
