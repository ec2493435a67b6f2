"""The traffic per day, from which alerts per day become a share."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from adaptation.proposing.recent_traffic import RecentTraffic
from contracts.standing_policy import DAY_S, StandingPolicy
from recorder.rows import scored_rows
from storage import UnitOfWork, migrate, open_engine
from storage.scored_transactions import COLUMNS
from tests.scored_messages import scored_message
from tests.small_models import genuine_rows

TIME = COLUMNS.index("event_time")


@pytest.mark.parametrize(("days", "expected"), [(4.0, 500.0), (0.5, None)])
def test_a_day_of_traffic_is_told_once_there_is_one(
    tmp_path: Path, days: float, expected: float | None
) -> None:
    traffic = RecentTraffic(stored_over(days, tmp_path))
    traffic.refresh()
    assert traffic.per_day == (None if expected is None else pytest.approx(expected, rel=0.01))


def test_the_days_stored_are_those_of_all_traffic_where_the_sample_spans_minutes(tmp_path: Path) -> None:
    traffic = RecentTraffic(stored_over(4.0, tmp_path), size=10, newest=10)
    traffic.refresh()
    assert traffic.stored == 2_000
    assert traffic.stored_days == pytest.approx(4.0, rel=0.1)


def stored_over(days: float, folder: Path) -> Engine:
    """Store 2,000 transactions that are spread over some days."""
    engine = open_engine(f"sqlite:///{folder}/traffic.db")
    migrate.upgrade(engine)
    rows = scored_rows(scored_message(0, range(2_000), features=genuine_rows(2_000)))
    with UnitOfWork(engine) as unit:
        times = (1e9 + days * DAY_S * place / 1_999 for place in range(2_000))
        unit.transactions.add_many(
            (*row[:TIME], time, *row[TIME + 1 :]) for row, time in zip(rows, times, strict=True)
        )
        unit.commit()
    return engine


def test_alerts_a_day_are_never_more_than_half_of_all_traffic() -> None:
    assert StandingPolicy(alerts_per_day=1e6).budget(10.0) == 0.5
