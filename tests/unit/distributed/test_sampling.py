"""A table of features becomes the history that training reads from the file itself."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from distributed.sampling import history_from
from features.schema import TransactionSchema
from flagfive.file_history import read_history
from replay.feature_table import feature_batches
from replay.reading import RowReader
from replay.table import TableFile
from tests.histories import write_history
from tests.unit.flagfive.test_features_verb import MAPPING as PAYMENTS
from tests.unit.replay.files import MAPPING, payments


def test_the_history_is_that_of_the_file_to_the_bit(tmp_path: Path) -> None:
    path, mapping = tmp_path / "history.parquet", tmp_path / "mapping.toml"
    payments(2_000).to_parquet(path, index=False)
    mapping.write_text(PAYMENTS)
    expected = read_history(path, TransactionSchema(), mapping)
    reader = RowReader(TableFile(path, as_text=True), MAPPING)
    found = history_from(pa.Table.from_batches(feature_batches(reader)), reader.schema)
    assert found.features == expected.features
    assert found.names == expected.names == ("large",)
    for name in ("X", "family", "card", "seconds"):
        assert getattr(found.rows, name).tobytes() == getattr(expected.rows, name).tobytes(), name


def test_a_fraud_without_a_kind_has_a_family_of_no_name(tmp_path: Path) -> None:
    from tests.histories import MAPPING as HARD

    reader = RowReader(write_history(tmp_path, rows=300), HARD)
    table = pa.Table.from_batches(feature_batches(reader))
    nameless = table.set_column(
        table.schema.get_field_index("pattern"), "pattern", pa.nulls(300, pa.string())
    )
    found = history_from(nameless, reader.schema)
    assert found.names == ()
    assert (found.rows.family == -1).sum() == sum(one is True for one in table["fraud"].to_pylist())
