"""Evidence of change goes on over rounds and restarts, raises one alarm, and then learns anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from meta.histograms import Histograms
from monitoring.change_evidence import RELEARNT_S, ChangeEvidence
from monitoring.reference import Reference
from monitoring.traffic_counts import HOUR_S, TrafficCounts
from storage import UnitOfWork, migrate, open_engine
from tests.unit.monitoring.traffic import NAMES, hour

DAY_S = 24 * HOUR_S
FLAT = Histograms(np.zeros((3, 9), np.float32), np.full((3, 10), 0.1, np.float32))
SHIFTED = (0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2)
CHANGED_DAY = 40


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path}/monitor.sqlite")
    migrate.upgrade(made)
    yield made
    made.dispose()


def reference(base: str = "a base") -> Reference:
    return Reference(NAMES, FLAT, base)


def traffic(days: float, changed_from: float = float("inf")) -> dict[float, TrafficCounts]:
    usual, changed = hour(), hour(shares={"log_amount": SHIFTED})
    return {n * HOUR_S: changed if n >= changed_from * 24 else usual for n in range(int(days * 24))}


def collect(
    engine: Engine, evidence: ChangeEvidence, hours: dict[float, TrafficCounts], base: str = "a base"
) -> None:
    with UnitOfWork(engine) as unit:
        evidence.load(unit, reference(base))
        evidence.update(unit, hours, reference(base), max(hours) + HOUR_S)
        unit.commit()


def test_ordinary_weeks_raise_no_alarm_and_a_change_is_named_within_a_day(engine: Engine) -> None:
    evidence = ChangeEvidence(0.01)
    collect(engine, evidence, traffic(CHANGED_DAY))
    assert evidence.finding() is None
    collect(engine, evidence, traffic(CHANGED_DAY + 2, CHANGED_DAY))
    found = evidence.finding()
    assert found is not None
    assert found.subjects == ("log_amount",)
    assert found.value >= found.limit == 200.0
    assert evidence.alarmed is not None
    assert evidence.alarmed <= (CHANGED_DAY + 1) * DAY_S


def test_calendar_features_are_not_bet_on(engine: Engine) -> None:
    evidence = ChangeEvidence(0.01)
    collect(engine, evidence, traffic(30))
    assert set(evidence.by_subject) == {"log_amount", "surprise"}


def test_a_restart_continues_with_the_same_figures(engine: Engine) -> None:
    hours = traffic(CHANGED_DAY + 1, CHANGED_DAY)
    whole, other = ChangeEvidence(0.01), open_engine(str(engine.url).replace("monitor", "other"))
    migrate.upgrade(other)
    collect(other, whole, hours)
    other.dispose()
    collect(engine, ChangeEvidence(0.01), {at: one for at, one in hours.items() if at < 36 * DAY_S})
    restarted = ChangeEvidence(0.01)
    collect(engine, restarted, hours)
    assert restarted.by_subject == pytest.approx(whole.by_subject)
    assert restarted.alarmed == whole.alarmed


def test_what_was_not_committed_is_bet_on_again(engine: Engine) -> None:
    hours, evidence = traffic(40), ChangeEvidence(0.01)
    with UnitOfWork(engine) as unit:  # ends without a commit
        evidence.load(unit, reference())
        evidence.update(unit, hours, reference(), 40 * DAY_S)
        once = evidence.together
    evidence.forget()
    collect(engine, evidence, hours)
    assert evidence.together == once


def test_a_week_after_its_alarm_the_test_learns_anew_and_asks_for_more(engine: Engine) -> None:
    evidence = ChangeEvidence(0.01)
    collect(engine, evidence, traffic(CHANGED_DAY + 2, CHANGED_DAY))
    assert evidence.alarmed is not None
    days = (evidence.alarmed + RELEARNT_S) / DAY_S + 10
    for until in (days - 10, days):
        collect(engine, evidence, traffic(until, CHANGED_DAY))
    assert evidence.finding() is None
    assert (evidence.start, evidence.needed) == (2, 600.0)
    assert evidence.together < 10


def test_a_round_before_the_first_payment_does_not_begin_the_test(engine: Engine) -> None:
    evidence = ChangeEvidence(0.01)
    with UnitOfWork(engine) as unit:
        evidence.load(unit, reference())
        evidence.update(unit, {}, reference(), 0.0)
    at = 1_700_000 * HOUR_S
    collect(engine, evidence, {at + n * HOUR_S: hour() for n in range(24 * 20)})
    assert evidence.by_subject == {}


def test_another_base_starts_anew(engine: Engine) -> None:
    evidence = ChangeEvidence(0.01)
    collect(engine, evidence, traffic(CHANGED_DAY + 2, CHANGED_DAY))
    collect(engine, evidence, traffic(1), base="another base")
    assert (evidence.start, evidence.finding()) == (1, None)
