"""A round stores days and the business view; days are kept when their hours are gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine

from contracts.business_view import KIND, BusinessView
from monitoring.business_measurements import measure_business
from monitoring.traffic_counts import ABSENT, HOUR_S, PRESENT, TrafficCounts
from storage import UnitOfWork, migrate, open_engine
from storage.alerts import COLUMNS as ALERTS
from storage.alerts import CONFIRMED
from storage.labels import FRAUD
from storage.outcomes import FraudOutcome, fraud_outcomes
from storage.scored_transactions import COLUMNS as SCORED

DAY_S = 24 * HOUR_S
NOW = 50 * DAY_S


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path}/monitor.sqlite")
    migrate.upgrade(made)
    yield made
    made.dispose()


def hour() -> TrafficCounts:
    made = TrafficCounts.empty(0)
    made.payments.update({ABSENT: 10, PRESENT: 20})
    made.value.update({ABSENT: 100.0, PRESENT: 500.0})
    return made


def lost(day: float, amount: float) -> FraudOutcome:
    at = day * DAY_S
    return FraudOutcome("t", "chargeback", at, at, at, 1.0, 0, {}, amount, card_absent=True)


def measured(engine: Engine, hours: dict[float, TrafficCounts], frauds: list[FraudOutcome]) -> BusinessView:
    with UnitOfWork(engine) as unit:
        measure_business(unit, hours, frauds, NOW)
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        return msgspec.convert(unit.measurements.latest(KIND)["30"].details, BusinessView)


def test_a_month_has_its_own_days_and_frauds_and_keeps_days_without_hours(engine: Engine) -> None:
    hours = {n * HOUR_S: hour() for n in range(50 * 24)}
    frauds = [lost(40, 8.0), lost(5, 1_000.0)]
    first = measured(engine, hours, frauds)
    assert first.days == 29  # day 50 has no traffic yet
    assert first.segments[ABSENT].payments == 29 * 240
    assert first.segments[ABSENT].rate_by_value == pytest.approx(8.0 / (29 * 2_400))
    late = {at: one for at, one in hours.items() if at >= 45 * DAY_S}
    assert measured(engine, late, frauds) == first


def test_alerts_and_frauds_of_the_database_count_with_their_channel(engine: Engine) -> None:
    features = np.array([0.0, 0.0, 1.0], "<f4").tobytes()
    values = {
        "source_partition": 0, "source_offset": 1, "transaction_id": "t1", "event_time": NOW - 60.0,
        "arrival": NOW, "amount": 70.0, "currency": "EUR", "category": 1, "entities": "{}",
        "features": features, "surprise": 4.0, "tail": 1e-4, "decision": 1, "winner": 0,
        "winner_id": "base", "control_offset": 0, "scored_at": None, "links": None,
    }  # fmt: skip
    alert = {
        **values,
        "raised_at": NOW - 60.0,
        "body": "{}",
        "priority": 1.0,
        "scorer": "rule/r",
        "card": "c",
        "queue": "",
        "tags": "",
        "cause": "",
    }
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([tuple(values[name] for name in SCORED)])
        unit.alerts.add_many([tuple(alert[name] for name in ALERTS)])
        unit.labels.add_many([("t1", FRAUD, "analyst", "ann", NOW, "r1")])
        unit.alerts.set_status(["t1"], CONFIRMED)
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        found = fraud_outcomes(unit.session, 10, card_absent=2)
        assert [(one.amount, one.card_absent) for one in found] == [(70.0, True)]
        assert fraud_outcomes(unit.session, 10)[0].card_absent is None
    view = measured(engine, {NOW: hour()}, found)
    assert view.scorers["rule/r"].held == 70.0
    assert (view.segments[ABSENT].frauds, view.segments[ABSENT].passed, view.waiting) == (1, 0, 0)
