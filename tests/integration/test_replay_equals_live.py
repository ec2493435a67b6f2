"""The same transactions through a worker on a broker and through replay: equal to the bit."""

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
from replay.reading import Reader
from replay.table import Table
from settings import Settings
from stream.wiring import transaction_schema
from tests.set_up import own_set_up
from tests.small_models import genuine_rows, small_base
from tests.stream_run import StreamRun, stream_run

TRANSACTIONS, SENT_AT_ONCE = 100_000, 20_000


@pytest.fixture
def one_partition(broker: str, tmp_path: Path) -> Settings:
    """Where one partition holds all, every entity sees its transactions in the order of the file."""
    return own_set_up(broker, tmp_path, partitions=1)


def replayed(run: StreamRun, file: Path) -> NDArray[np.float32]:
    """Features by replay, of what lies in `transactions` written to a Parquet file."""
    rows = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.transactions)]
    fields = run.settings.transaction
    table = pa.Table.from_pylist(rows)
    time = table.column_names.index(fields.time)
    pq.write_table(table.set_column(time, fields.time, table[fields.time].cast(pa.timestamp("ms"))), file)
    mapping = Mapping(
        id=fields.id,
        time=fields.time,
        amount=fields.amount,
        entities=tuple(EntityColumn(entity.name, entity.field) for entity in run.settings.entities),
    )
    reader = Reader(Table(file), mapping)
    featuriser = Featuriser(reader.schema)
    return np.concatenate([featuriser.features(part.columns) for part in reader.parts()])


def test_features_and_scores_are_those_of_a_worker(one_partition: Settings, tmp_path: Path) -> None:
    with stream_run(one_partition) as run:
        run.start_worker()
        for seed in range(TRANSACTIONS // SENT_AT_ONCE):
            run.send_transactions(SENT_AT_ONCE, seed=seed)
        run.wait_for_scores(TRANSACTIONS, within_s=200)
        live = run.scored()
        features = replayed(run, tmp_path / "transactions.parquet")
    width = features.shape[1]
    seen = live["features"].combine_chunks().flatten().to_numpy().reshape(-1, width)
    assert seen.tobytes() == features.tobytes()
    base = small_base(names=FeatureLayout(transaction_schema(one_partition)).names)
    tails = Tails.fit(base.score(genuine_rows(2_000, width=width)))
    assert live["surprise"].to_numpy().tobytes() == tails.surprise(base.score(features)).tobytes()
