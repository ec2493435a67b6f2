"""Questions over many transactions get equal answers from SQL and from the history store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from adaptation.intake.recalling import recall
from flagfive.history_migration import migrate_to_history
from storage import UnitOfWork, open_engine
from storage.episodes import LIVE, SUPPORT, Episode, EpisodeTransaction
from storage.history import HistoryPlace, HistoryReader, HistoryStore
from storage.history_location import HistoryLocation
from storage.judged_traffic import JudgedTraffic
from storage.labels import FRAUD, GENUINE
from storage.past import PastTraffic
from storage.past.from_history import FromHistory
from storage.past.from_sql import FromSql
from storage.past.trimming import trim_sql
from storage.scored_transactions import COLUMNS, ScoredTransaction
from storage.traffic_columns import TrafficColumns, WantedColumns
from storage.traffic_sample import TrafficSample
from storage.transaction_search import TransactionFilter
from tests.contract.stores.conftest import ScoredRow

KINDS = ("card", "merchant")
WIDTH, EACH, EVERY_S = 3, 400, 1_800.0
BEGIN = 1_700_000_000.0
NOW, SQL_HOURS, KEPT = 1.8e9, 24.0, 170
FLAGGED = "tx-1-33"
WANTED = WantedColumns(kinds=("merchant",), surprise=True, category=True, currency=True, links=4)
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
        unit.episodes.add(
            Episode(
                id="e",
                request_id="r",
                name="ring",
                author="a",
                status=LIVE,
                flagged_at=1.0,
                transactions=[EpisodeTransaction(transaction_id=FLAGGED, role=SUPPORT)],
            )
        )
        unit.commit()
    place = tmp_path / "history"
    store = HistoryStore.open(HistoryPlace(str(place)), KINDS)
    copied = list(migrate_to_history(engine, store, KINDS, 150))
    assert copied[-1] == 2 * EACH
    url = engine.url.render_as_string(hide_password=False)
    plain, kept = open_engine(url), open_engine(url, history=HistoryLocation(str(place), sql_hours=SQL_HOURS))
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
        links=None if n % 11 == 0 else np.array([n % 3, n % 5, n % 2, 0], "<f4").tobytes(),
        features=random.random(width, np.float32).astype("<f4").tobytes(),
    )


def _labels() -> list[tuple[str, str, str, str, float, str]]:
    verdicts = [(n, FRAUD if n % 80 == 0 else GENUINE, 1.0) for n in range(0, 2 * EACH, 40)]
    verdicts += [(n, GENUINE, 2.0) for n in range(0, 2 * EACH, 160)]
    verdicts += [(43, GENUINE, 1.0)]  # all others were held too
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
    assert one.links is not None
    columns = [
        *(one.offset, one.event_time, one.amount, one.decision, one.surprise, one.category),
        *(list(one.winner), list(one.currency), one.keys["merchant"].to_pylist(), one.features.tolist()),
        np.nan_to_num(one.links, nan=-1.0).tolist(),
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
    assert one.amount is not None
    assert one.category is not None
    further = one.amount.tolist(), one.category.tolist(), one.currency
    return one.transaction_ids, one.event_time.tolist(), one.features.tolist(), one.entities, further


def _judged(one: JudgedTraffic) -> tuple[Any, ...]:
    further = None if one.category is None else one.category.tolist(), one.currency, one.entities
    return one.event_time.tolist(), one.amount.tolist(), one.features.tolist(), one.verdicts, further


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
    "judged as a whole": lambda past: _judged(past.judged(since=MIDDLE, most=50, width=WIDTH, whole=True)),
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


OLD_ID = "tx-0-32"  # of an approved transaction without a label
FILTERS: dict[str, TransactionFilter] = {
    "all": TransactionFilter(),
    "an old id": TransactionFilter(id=OLD_ID),
    "ids that begin alike": TransactionFilter(text="tx-0-3"),
    "the key of a card": TransactionFilter(text="card-7", kinds=KINDS),
    "two entities": TransactionFilter(entities=(("card", "card-7"), ("merchant", "shop-0"))),
    "amounts": TransactionFilter(min_amount=10.0, max_amount=12.0),
    "times": TransactionFilter(since=MIDDLE, until=MIDDLE + 20 * EVERY_S),
    "the last minutes": TransactionFilter(since=BEGIN + 790 * EVERY_S / 2),
    "nothing": TransactionFilter(text="no such"),
}


def _pages(past: PastTraffic) -> dict[tuple[str, int], Any]:
    found = {
        (name, offset): past.page(wanted, offset=offset, limit=15)
        for name, wanted in FILTERS.items()
        for offset in (0, 10)
    }
    return {name: (one.total, one.whole, [_plain(row) for row in one.rows]) for name, one in found.items()}


def _plain(row: ScoredTransaction, *further: str) -> tuple[Any, ...]:
    names = [name for name in COLUMNS if name != "features"]
    return tuple(getattr(row, name) for name in [*names, *further])


def test_pages_show_the_same_once_sql_is_trimmed(
    both: tuple[PastTraffic, PastTraffic], engine: Engine, tmp_path: Path
) -> None:
    sql, history = both
    ids, places = [OLD_ID, "tx-1-399", "unknown"], [(0, 32), (1, 399), (5, 5)]
    before = (
        _pages(sql),
        {one: _plain(row, "features") for one, row in sql.by_ids(ids).items()},
        {place: _plain(row, "features") for place, row in sql.at(places).items()},
    )
    reader = _reader(tmp_path)
    deleted, limit = trim_sql(engine, reader, SQL_HOURS, now=NOW)
    kept = _kept(engine)
    assert (deleted, len(kept)) == (2 * EACH - len(kept), KEPT)
    assert limit == history.whole_in_sql_since() == BEGIN + 799 * EVERY_S / 2 - SQL_HOURS * 3600
    assert OLD_ID not in kept
    assert {"tx-0-5", "tx-1-21", FLAGGED} <= kept  # held, labelled, of an episode
    after = (
        _pages(history),
        {one: _plain(row, "features") for one, row in history.by_ids(ids).items()},
        {place: _plain(row, "features") for place, row in history.at(places).items()},
    )
    assert after == before
    assert trim_sql(engine, reader, SQL_HOURS, now=NOW) == (0, limit)


def _reader(tmp_path: Path) -> HistoryReader:
    return HistoryReader(HistoryStore.open(HistoryPlace(str(tmp_path / "history"))).table)


def _kept(engine: Engine) -> set[str]:
    with UnitOfWork(engine, reads_only=True) as unit:
        return set(unit.session.scalars(select(ScoredTransaction.transaction_id)))


def test_a_verdict_brings_an_old_transaction_back(
    both: tuple[PastTraffic, PastTraffic], engine: Engine, tmp_path: Path
) -> None:
    trim_sql(engine, _reader(tmp_path), SQL_HOURS, now=NOW)
    at = HistoryLocation(str(tmp_path / "history"), sql_hours=SQL_HOURS)
    kept = open_engine(engine.url.render_as_string(hide_password=False), history=at)
    context: Any = SimpleNamespace(unit=lambda reads_only=False: UnitOfWork(kept, reads_only=reads_only))
    assert recall(context, [OLD_ID, "unknown"]) == 1
    with UnitOfWork(engine, reads_only=True) as unit:
        (found,) = unit.transactions.by_ids([OLD_ID]).values()
        assert found.entities == {"card": "card-14", "merchant": "shop-1"}
        assert len(found.features) == 4 * WIDTH
    kept.dispose()


def test_what_the_store_does_not_hold_stays_in_sql(
    engine: Engine, scored_row: ScoredRow, tmp_path: Path
) -> None:
    random = np.random.default_rng(3)
    rows = [_row(scored_row, n, random) for n in [*range(100), 2 * EACH]]
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(rows[:40:2])  # offsets 0 to 19 of partition 0
        unit.commit()
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "part")), KINDS)
    assert list(migrate_to_history(engine, store, KINDS, 150)) == [20]
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(rows)
        unit.commit()
    deleted, _ = trim_sql(engine, HistoryReader(store.table), SQL_HOURS, now=NOW)
    left = _kept(engine)
    assert deleted == 16  # four of them were held
    assert {f"tx-1-{n}" for n in range(50)} | {f"tx-0-{n}" for n in range(20, 50)} <= left


def test_sql_is_read_until_the_store_has_a_table(engine: Engine, tmp_path: Path) -> None:
    url = engine.url.render_as_string(hide_password=False)
    kept = open_engine(url, history=HistoryLocation(str(tmp_path / "none")))
    with UnitOfWork(kept, reads_only=True) as unit:
        assert isinstance(unit.past, FromSql)
    kept.dispose()
