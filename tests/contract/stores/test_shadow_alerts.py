"""Alerts that a detector or base on trial would have raised, counted beside the analysts' verdicts."""

from typing import Any

from sqlalchemy import Engine

from storage import UnitOfWork
from storage.labels import FRAUD, GENUINE

NEW, ALSO_LIVE = False, True


def hit(shadow: str, number: int, alerted: bool, amount: float = 10.0) -> tuple[Any, ...]:
    return (shadow, 0, number, f"t-{number}", 100.0 + number, amount, 4.5, alerted, 7)


def test_a_trial_is_counted_by_what_is_new_and_what_is_known(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.shadow_alerts.add_many(
            [hit("d", 1, NEW), hit("d", 2, NEW, 32.5), hit("d", 3, ALSO_LIVE), hit("e", 1, NEW)]
        )
        unit.labels.add_many(
            [
                ("t-1", GENUINE, "analyst", "ada", 1.0, "r-1"),
                ("t-1", FRAUD, "chargeback", "bank", 2.0, "r-2"),
                ("t-3", GENUINE, "analyst", "ada", 3.0, "r-3"),
            ]
        )
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        trials = unit.shadow_alerts.trials()
    d = trials["d"]
    assert (d.alerts, d.also_live, d.new, d.fraud, d.genuine) == (3, 1, 2, 1, 1)
    assert (d.new_amount, d.first, d.last) == (42.5, 101.0, 103.0)
    assert (trials["e"].alerts, trials["e"].fraud) == (1, 1)


def test_the_same_hit_twice_is_one(engine: Engine) -> None:
    for _ in range(2):
        with UnitOfWork(engine) as unit:
            unit.shadow_alerts.add_many([hit("d", 1, NEW), hit("d", 1, NEW)])
            unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.shadow_alerts.trials()["d"].alerts == 1
