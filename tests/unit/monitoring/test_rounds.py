"""Rounds on a database count everything once; alarms begin and end; the number of metrics stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine

from control.entry import Entry
from control.envelope import seal
from control.keys import ControlKey
from monitoring import alarms
from monitoring.findings import Finding
from monitoring.gauges import SOURCES, MonitorGauges
from monitoring.labels import USUAL_S
from monitoring.loop import Monitor
from monitoring.report import ReviewActivity, RoundReport
from monitoring.round import Round
from monitoring.scorer_figures import TOP, figures_by_scorer
from monitoring.traffic_counts import KIND
from storage import StorageUnavailable, UnitOfWork, migrate, open_engine
from storage.cases import CLOSED, OPEN, Case
from storage.control_entries import COLUMNS as CONTROL
from storage.outcomes import AlertOutcome
from storage.scored_transactions import COLUMNS as SCORED
from tests.small_models import base_change, genuine_rows, small_base

KEY = ControlKey.single("a secret of enough length")
NAMES = ("log_amount", "card_z_1d", "card_log_age_days")
DAY_S = 86_400.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path}/monitor.sqlite")
    migrate.upgrade(made)
    yield made
    made.dispose()


def announce(engine: Engine, seed: int = 0) -> None:
    change = base_change(small_base(seed, NAMES))
    entry = Entry(change.kind, change.id, "test", "", 0.0, 1, change.parts, change.values)
    own = {"control_offset": seed, "entry_id": entry.id, "value": seal(entry, KEY)}
    with UnitOfWork(engine) as unit:
        unit.control.add_many([tuple(own.get(name, getattr(entry, name, None)) for name in CONTROL)])
        unit.commit()


def store(engine: Engine, first: int, count: int, *, per_hour: int = 100, currency: str = "EUR") -> None:
    """Store ordinary transactions at offsets from `first` on, `per_hour` per hour of event time."""
    features = genuine_rows(count, seed=first)
    values = {
        "source_partition": 0, "amount": 1.0, "currency": currency, "category": 5411, "entities": "{}",
        "surprise": 0.5, "tail": 0.3, "decision": 0, "winner": 0, "winner_id": "base",
        "control_offset": 0, "scored_at": None, "links": None,
    }  # fmt: skip
    with UnitOfWork(engine) as unit:
        for n in range(count):
            at = (first + n) * 3_600.0 / per_hour
            own = {"source_offset": first + n, "transaction_id": f"t{first + n}", "event_time": at}
            row = values | own | {"arrival": at, "features": features[n].astype("<f4").tobytes()}
            unit.transactions.add_many([tuple(row[name] for name in SCORED)])
        unit.commit()


def rounds(engine: Engine) -> Round:
    return Round(engine, KEY, ["card"], budget=0.001, label_delay_days=7.0, cards=100)


def counted(engine: Engine) -> float:
    with UnitOfWork(engine, reads_only=True) as unit:
        return sum(row.value for row in unit.measurements.of_kind(KIND))


def test_before_there_is_a_base_nothing_is_told(engine: Engine) -> None:
    assert rounds(engine).run(0.0) == RoundReport()


def test_every_transaction_is_counted_once_over_rounds_and_restarts(engine: Engine) -> None:
    announce(engine)
    store(engine, 0, 250)
    one = rounds(engine)
    one.run(0.0)
    one.run(0.0)
    store(engine, 250, 120)
    rounds(engine).run(0.0)  # another process continues where the first one stopped
    assert counted(engine) == 370.0
    with UnitOfWork(engine, reads_only=True) as unit:
        by_hour = {row.time: row.value for row in unit.measurements.of_kind(KIND)}
    assert by_hour == {0.0: 100.0, 3_600.0: 100.0, 7_200.0: 100.0, 10_800.0: 70.0}


def test_another_base_begins_anew(engine: Engine) -> None:
    announce(engine)
    store(engine, 0, 2_600)
    one = rounds(engine)
    assert one.run(0.0).periods.day is not None
    announce(engine, seed=1)
    assert one.run(0.0).periods.day is None


def test_a_new_currency_is_alarmed_and_the_alarm_names_it(engine: Engine) -> None:
    announce(engine)
    one, hours = rounds(engine), 23 * 24
    for half in (0, 25 * hours):  # a round reads 20,000 rows; from more it takes every n-th
        store(engine, half, 25 * hours, per_hour=50)
        assert one.run(0.0).alarms == {}
    store(engine, 50 * hours, 100, per_hour=50, currency="THB")
    told = one.run(5.0)
    assert told.alarms["unseen_values"].subjects == ("currency THB",)
    with UnitOfWork(engine, reads_only=True) as unit:
        row = alarms.open_alarms(unit)["unseen_values"]
    assert (row.time, row.details["subjects"]) == (5.0, ["currency THB"])


def test_cases_past_their_deadline_are_counted(engine: Engine) -> None:
    announce(engine)
    store(engine, 0, 50)
    with UnitOfWork(engine) as unit:
        for due_at, status in ((5.0, OPEN), (50.0, OPEN), (5.0, CLOSED), (None, OPEN)):
            unit.session.add(
                Case(name="ring", author="ada", status=status, due_at=due_at, created_at=1.0, updated_at=1.0)
            )
        unit.commit()
    report = rounds(engine).run(10.0)
    assert report.review.overdue_cases == 1
    MonitorGauges().publish(report, ["card"], 10.0)
    assert REGISTRY.get_sample_value("flagfive_overdue_cases") == 1.0


def settled(engine: Engine, now: float, *findings: Finding) -> list[tuple[float, float]]:
    with UnitOfWork(engine) as unit:
        alarms.update_alarms(unit, findings, now)
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        return [(row.time, row.value) for row in unit.measurements.of_kind(alarms.KIND)]


def test_an_alarm_begins_goes_on_ends_and_comes_back_as_the_same_within_a_day(engine: Engine) -> None:
    drift = Finding("feature_drift", ("log_amount",), 0.5, 0.25)
    assert settled(engine, 10.0, drift) == [(10.0, 1.0)]
    assert settled(engine, 20.0, drift) == [(10.0, 1.0)]
    assert settled(engine, 30.0) == [(10.0, 0.0)]
    assert settled(engine, 40.0, drift) == [(10.0, 1.0)]
    assert settled(engine, 50.0) == [(10.0, 0.0)]
    assert settled(engine, 60.0 + DAY_S, drift) == [(10.0, 0.0), (60.0 + DAY_S, 1.0)]


def series(prefix: str = "flagfive_") -> int:
    return sum(len(family.samples) for family in REGISTRY.collect() if family.name.startswith(prefix))


def test_series_stay_few_with_a_thousand_detectors_sources_and_a_million_cards(engine: Engine) -> None:
    def told(offset: int) -> RoundReport:
        names = [f"d-{offset + n}" for n in range(1_000)]
        day = [AlertOutcome("t", 0.0, "confirmed", name, f"card-{name}", 4.0, 1.0) for name in names]
        labels = {f"source-{offset + n}": [USUAL_S] for n in range(1_000)}
        people = ReviewActivity(labels=labels, delays={source: [1.0] for source in labels})
        return RoundReport(scorers=figures_by_scorer(day, day), review=people)

    serving = MonitorGauges()
    serving.publish(told(0), ["card"], USUAL_S)
    first = series()
    for offset in range(1_000, 5_000, 1_000):  # detectors come and go
        serving.publish(told(offset), ["card"], USUAL_S)
    assert series() == first
    assert series("flagfive_detector_alerts") == TOP + 1
    assert series("flagfive_label_timestamp_seconds") == SOURCES
    serving.publish(RoundReport(), ["card"], 0.0)
    assert series("flagfive_detector_alerts") == 0


class RoundsThatLoseTheDatabaseOnce(Round):
    """The first round finds no database; the second one succeeds and stops the monitor."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self.looked = 0

    def run(self, now: float) -> RoundReport:
        self.looked += 1
        if self.looked == 1:
            raise StorageUnavailable("sqlite:///away", None)
        self._stop()
        return RoundReport(rows=7)


def test_the_monitor_waits_for_a_database_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[Monitor] = []
    losing = RoundsThatLoseTheDatabaseOnce(lambda: ended[0].stop())
    ended.append(Monitor(losing, ["card"], 0.001, lambda: 2.0))
    ended[0].run()
    assert losing.looked == 2
    assert "retrying every 0.001 s" in caplog.text
    assert REGISTRY.get_sample_value("flagfive_monitor_round_timestamp_seconds") == 2.0
    assert REGISTRY.get_sample_value("flagfive_monitor_rows") == 7.0
