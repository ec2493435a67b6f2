"""Questions over many transactions get equal answers from SQL and from the history store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from flagfive.history_migration import migrate_to_history
from storage import UnitOfWork, open_engine
from storage.history import HistoryPlace, HistoryStore
from storage.history_location import HistoryLocation
from storage.judged_traffic import JudgedTraffic
from storage.labels import FRAUD, GENUINE
from storage.past import PastTraffic
from storage.past.from_history import FromHistory
from storage.past.from_sql import FromSql
from storage.traffic_columns import TrafficColumns, WantedColumns
from storage.traffic_sample import TrafficSample
from tests.contract.stores.conftest import ScoredRow

KINDS = ("card", "merchant")
WIDTH, EACH, EVERY_S = 3, 400, 1_800.0
BEGIN = 1_700_000_000.0
WANTED = WantedColumns(kinds=("merchant",), surprise=True, category=True, currency=True)
Answer = Callable[[PastTraffic], Any]


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda number: None)


@pytest.fixture
def both(engine: Engine, scored_row: ScoredRow, tmp_path: Path) -> Iterator[tuple[PastTraffic, PastTraffic]]:
    """800 transactions over eight days in two partitions, one with a wrong year, some of another width."""
    random = np.random.default_rng(3)
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(_row(scored_row, n, random) for n in range(2 * EACH))
        unit.labels.add_many(_labels())
        unit.commit()
    place = tmp_path / "history"
    store = HistoryStore.open(HistoryPlace(str(place)), KINDS)
    copied = list(migrate_to_history(engine, store, KINDS, 150))
    assert copied[-1] == 2 * EACH
    url = engine.url.render_as_string(hide_password=False)
    plain, kept = open_engine(url), open_engine(url, history=HistoryLocation(str(place)))
    with UnitOfWork(plain, reads_only=True) as sql, UnitOfWork(kept, reads_only=True) as history:
        assert isinstance(sql.past, FromSql)
        assert isinstance(history.past, FromHistory)
        yield sql.past, history.past
    plain.dispose()
    kept.dispose()


def _row(scored_row: ScoredRow, n: int, random: np.random.Generator) -> tuple[Any, ...]:
    partition, offset = n % 2, n // 2
    width = WIDTH if n % 31 else WIDTH + 1
    return scored_row(
        partition,
        offset,
        event_time=BEGIN - 9e8 if n == 77 else BEGIN + n * EVERY_S / 2,
        amount=float(n % 90),
        currency=None if n % 9 == 0 else ("EUR", "USD")[n % 2],
        category=n % 5,
        surprise=float(random.random()),
        decision=int(n % 10 == 0),
        winner_id=None if n % 10 else "base",
        entities=f'{{"card": "card-{n % 50}", "merchant": "shop-{n % 7}"}}',
        features=random.random(width, np.float32).astype("<f4").tobytes(),
    )


def _labels() -> list[tuple[str, str, str, str, float, str]]:
    verdicts = [(n, FRAUD if n % 80 == 0 else GENUINE, 1.0) for n in range(0, 2 * EACH, 40)]
    verdicts += [(n, GENUINE, 2.0) for n in range(0, 2 * EACH, 160)]
    return [(f"tx-{n % 2}-{n // 2}", said, "analyst", "ada", at, f"r-{n}-{at}") for n, said, at in verdicts]


def _columns(past: PastTraffic, since: float) -> dict[str, Any]:
    """Read all parts; join them in the order of partition and offset."""
    chunks = [one for part in past.parts(since) for one in past.read(part, WANTED, since=since, width=WIDTH)]
    rows = [row for chunk in chunks for row in _rows(chunk)]
    return {"rows": sorted(rows), "left_out": sum(one.left_out for one in chunks)}


def _rows(one: TrafficColumns) -> list[tuple[Any, ...]]:
    assert one.surprise is not None
    assert one.category is not None
    assert one.currency is not None
    columns = [
        *(one.offset, one.event_time, one.amount, one.decision, one.surprise, one.category),
        *(list(one.winner), list(one.currency), one.keys["merchant"].to_pylist(), one.features.tolist()),
    ]
    return [(one.partition, *row) for row in zip(*columns, strict=True)]


def _slim(past: PastTraffic, since: float) -> list[tuple[Any, ...]]:
    return sorted(
        row
        for one in past.slim_since(since, WIDTH)
        for row in zip(
            one.ids.to_pylist(), one.event_time, one.amount, one.alerted, one.features.tolist(), strict=True
        )
    )


def _sample(one: TrafficSample) -> tuple[Any, ...]:
    return one.transaction_ids, one.event_time.tolist(), one.features.tolist(), one.entities


def _judged(one: JudgedTraffic) -> tuple[Any, ...]:
    return one.event_time.tolist(), one.amount.tolist(), one.features.tolist(), one.verdicts


MIDDLE, LATE = BEGIN + 400 * EVERY_S / 2, BEGIN + 800 * EVERY_S
QUESTIONS: dict[str, Answer] = {
    "newest": lambda past: past.newest_event_time(),
    "how many": lambda past: past.stored(),
    "days": lambda past: past.stored_days(),
    "count of all": lambda past: past.count_since(0.0),
    "count of half": lambda past: past.count_since(MIDDLE),
    "count of none": lambda past: past.count_since(LATE),
    "columns of all": lambda past: _columns(past, 0.0),
    "columns of half": lambda past: _columns(past, MIDDLE),
    "columns of none": lambda past: _columns(past, LATE)["rows"],
    "slim rows of half": lambda past: _slim(past, MIDDLE),
    "all as a sample": lambda past: _sample(past.sample(10_000, newest=10_000, seed=0)),
    "a sample": lambda past: _sample(past.sample(60, newest=10_000, seed=4)),
    "a sample of the newest": lambda past: _sample(past.sample(60, newest=200, seed=4)),
    "judged": lambda past: _judged(past.judged(since=MIDDLE, most=10_000, width=WIDTH)),
    "the newest judged": lambda past: _judged(
        past.judged(since=0.0, most=100, width=WIDTH, apart_from=["tx-1-399", "tx-0-399"])
    ),
    "judged of another width": lambda past: _judged(past.judged(since=0.0, most=20, width=WIDTH + 1)),
    "judged of none": lambda past: _judged(past.judged(since=LATE, most=10, width=WIDTH)),
}


def test_answers_do_not_depend_on_the_store(both: tuple[PastTraffic, PastTraffic]) -> None:
    sql, history = both
    for name, ask in QUESTIONS.items():
        assert ask(history) == ask(sql), name
    found = _columns(history, MIDDLE)
    assert (len(found["rows"]), found["left_out"]) == (387, 13)
    assert len(history.sample(60, newest=10_000, seed=4)) == 60
    assert set(history.judged(since=0.0, most=10_000, width=WIDTH).verdicts) == {None, FRAUD, GENUINE}
    assert len(history.parts(MIDDLE)) < len(history.parts(0.0))
    assert history.reads_on_all_cores


def test_sql_is_read_until_the_store_has_a_table(engine: Engine, tmp_path: Path) -> None:
    url = engine.url.render_as_string(hide_password=False)
    kept = open_engine(url, history=HistoryLocation(str(tmp_path / "none")))
    with UnitOfWork(kept, reads_only=True) as unit:
        assert isinstance(unit.past, FromSql)
    kept.dispose()
