"""A scored batch becomes the same values in the history store as in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine

from contracts.stage_batch import from_message
from flagfive.history_migration import HistoryAhead, migrate_to_history
from recorder.generations import Generations
from recorder.history_rows import history_rows
from recorder.rows import scored_rows
from storage import UnitOfWork, migrate, open_engine
from storage.history import HistoryPlace, HistoryReader, HistoryStore
from storage.history.columns import ENTITY
from storage.scored_transactions import COLUMNS
from tests.scored_messages import ENTITIES, scored_message

FEATURES = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
MESSAGE = scored_message(1, range(5), features=FEATURES, times=[1.7e9 + one * 40_000.5 for one in range(5)])
PAN, MASKED = "4111111111111111", "411111******1111"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/rows.sqlite")
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def test_columns_hold_what_rows_of_the_database_hold() -> None:
    table = history_rows([from_message(MESSAGE)], [17.5], Generations())
    for row, stored in zip(table.to_pylist(), scored_rows(MESSAGE, scored_at=17.5), strict=True):
        values = dict(zip(COLUMNS, stored, strict=True))
        entities = msgspec.json.decode(values.pop("entities"))
        assert {name: row[name] for name in values} == values
        assert {kind: row[ENTITY + kind] for kind in ENTITIES} == entities
        assert row["day"].toordinal() == values["event_time"] // 86_400 + 719_163


def test_batches_are_joined_in_order_each_with_the_time_of_its_record() -> None:
    batches = [from_message(scored_message(0, offsets)) for offsets in ([0, 1], [], [2])]
    table = history_rows(batches, [1.0, 2.0, 3.0], Generations(transactions=2, control=1))
    assert table["source_offset"].to_pylist() == [0, 1, 2]
    assert table["scored_at"].to_pylist() == [1.0, 1.0, 3.0]
    assert table["source_partition"].to_pylist() == [2_000_000] * 3
    assert table["control_offset"].to_pylist() == [(1 << 40) + 1] * 3


@pytest.mark.parametrize("spelling", [PAN, "4111 1111 1111 1111", "".join(chr(0x0660 + int(c)) for c in PAN)])
def test_card_numbers_are_masked_as_in_the_database(spelling: str) -> None:
    message = scored_message(0, [0, 1], ids=[spelling.encode(), b"tx-1"], cards=[b"c", spelling.encode()])
    table = history_rows([from_message(message)], [0.0], Generations())
    ids = [row[COLUMNS.index("transaction_id")] for row in scored_rows(message)]
    assert table["transaction_id"].to_pylist() == ids
    assert PAN not in str(table.to_pydict())
    if spelling == PAN:
        assert table[ENTITY + "card"].to_pylist() == ["c", MASKED]


def test_a_text_that_is_not_utf_8_is_stored_with_marks_of_replacement() -> None:
    message = scored_message(0, [0, 1], ids=[b"tx-\xff", b"tx-1"])
    table = history_rows([from_message(message)], [0.0], Generations())
    assert table["transaction_id"].to_pylist() == ["tx-\ufffd", "tx-1"]


def test_transactions_of_the_database_are_copied_once_and_the_recorder_goes_on(
    engine: Engine, tmp_path: Path
) -> None:
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(scored_rows(MESSAGE, scored_at=17.5))
        unit.transactions.add_many(scored_rows(scored_message(0, range(3), features=FEATURES[:3])))
        unit.commit()
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "history")), ENTITIES)
    assert list(migrate_to_history(engine, store, ENTITIES, 2)) == [2, 3, 5, 7, 8]
    assert list(migrate_to_history(engine, store, ENTITIES, 2)) == []
    live = history_rows([from_message(MESSAGE)], [17.5], Generations())
    assert store.append(live).repeated == 5
    reader = HistoryReader(store.table)
    copied = [row for batch in reader.batches(live.column_names) for row in batch.to_pylist()]
    own = [row for row in copied if row["source_partition"] == 1]
    assert sorted(own, key=lambda row: int(row["source_offset"])) == live.to_pylist()


def test_a_store_that_the_recorder_wrote_first_is_not_filled_from_the_database(
    engine: Engine, tmp_path: Path
) -> None:
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(scored_rows(MESSAGE))
        unit.commit()
    store = HistoryStore.open(HistoryPlace(str(tmp_path / "history")), ENTITIES)
    store.append(history_rows([from_message(scored_message(1, range(5, 7)))], [0.0], Generations()))
    with pytest.raises(HistoryAhead, match=r"partitions 1 .*history\.location"):
        list(migrate_to_history(engine, store, ENTITIES, 10))
