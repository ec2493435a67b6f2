"""A worker on a broker and replay give bit-identical results for the same transactions.

With one partition all features are identical. With four partitions the card features are identical. At a
merchant that cards of several partitions share, transactions arrive in the order of the internal topic. The
test measures how many rows this changes.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from features.offline import Featuriser
from features.vector import FeatureLayout
from meta.calibration import Tails
from replay.mapping import EntityColumn, Mapping
from replay.reading import RowReader
from replay.table import TableFile
from settings import Settings
from stream.wiring import transaction_schema
from tests.set_up import own_set_up
from tests.small_models import genuine_rows, small_base
from tests.stream_run import StreamRun, stream_run

TRANSACTIONS, SENT_AT_ONCE = 100_000, 20_000
BACKLOG, PACED = 20_000, 5_000


@pytest.fixture
def one_partition(broker: str, tmp_path: Path) -> Settings:
    """Return settings with one partition: every entity sees its transactions in the order of the file."""
    return own_set_up(broker, tmp_path, partitions=1)


@pytest.fixture
def four_partitions(broker: str, tmp_path: Path) -> Settings:
    """Return settings with four partitions, whose cards share merchants."""
    return own_set_up(broker, tmp_path, partitions=4)


def replayed(run: StreamRun, file: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Write the records of `transactions` to a file by time; return ids and features from its replay."""
    fields = run.settings.transaction
    sent = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.transactions)]
    rows = sorted(sent, key=lambda row: row[fields.time])
    table = pa.Table.from_pylist(rows)
    time = table.column_names.index(fields.time)
    pq.write_table(table.set_column(time, fields.time, table[fields.time].cast(pa.timestamp("ms"))), file)
    mapping = Mapping(
        id=fields.id,
        time=fields.time,
        amount=fields.amount,
        entities=tuple(EntityColumn(entity.name, entity.field) for entity in run.settings.entities),
    )
    reader = RowReader(TableFile(file), mapping)
    featuriser = Featuriser(reader.schema)
    features = np.concatenate([featuriser.features(part.columns) for part in reader.parts()])
    return [row[fields.id] for row in rows], features


def seen_live(run: StreamRun, live: pa.Table) -> NDArray[np.float32]:
    """Return the features of `scored`, row by row."""
    width = len(FeatureLayout(transaction_schema(run.settings)).names)
    flat = live["features"].combine_chunks().flatten().to_numpy()
    return np.asarray(flat.reshape(-1, width))


def test_features_and_scores_are_those_of_a_worker(one_partition: Settings, tmp_path: Path) -> None:
    with stream_run(one_partition) as run:
        run.start_worker()
        for seed in range(TRANSACTIONS // SENT_AT_ONCE):
            run.send_transactions(SENT_AT_ONCE, seed=seed)
        run.wait_for_scores(TRANSACTIONS, within_s=200)
        live = run.scored()
        _, features = replayed(run, tmp_path / "transactions.parquet")
    width, seen = features.shape[1], seen_live(run, live)
    assert seen.tobytes() == features.tobytes()
    base = small_base(names=FeatureLayout(transaction_schema(one_partition)).names)
    tails = Tails.fit(base.score(genuine_rows(2_000, width=width)))
    assert live["surprise"].to_numpy().tobytes() == tails.surprise(base.score(features)).tobytes()


def test_with_four_partitions_only_shared_merchants_differ(four_partitions: Settings, tmp_path: Path) -> None:
    """Send a backlog, then 1,000 transactions a second at 800 merchants, other ones than before."""
    with stream_run(four_partitions) as run:
        run.start_worker()
        run.send_transactions(BACKLOG)
        run.wait_for_scores(BACKLOG, within_s=200)
        run.send_at_pace(PACED, rate=1_000, cards=5_000, merchants=range(100, 900))
        run.wait_for_scores(BACKLOG + PACED, within_s=200)
        live = run.scored()
        ids, features = replayed(run, tmp_path / "transactions.parquet")
    names = FeatureLayout(transaction_schema(four_partitions)).names
    shared = np.array([name.startswith("merchant_") for name in names])
    row = {identifier.encode(): row for row, identifier in enumerate(ids)}
    place = np.array([row[identifier] for identifier in live["id"].to_pylist()])
    seen, same_rows = seen_live(run, live), features[place]
    assert len(live) == len(row) == BACKLOG + PACED
    assert seen[:, ~shared].tobytes() == same_rows[:, ~shared].tobytes()
    away = np.abs(seen - same_rows)[:, shared]
    for what, part in (("backlog", away[place < BACKLOG]), ("at a pace", away[place >= BACKLOG])):
        differs = part.any(axis=1)
        print(
            f"{what}: {differs.mean():.1%} of {len(part):,} rows differ in a merchant feature, of those "
            f"features {np.mean(part[differs] > 0):.1%}, by {np.median(part[part > 0]):.3f} at the median"
        )
