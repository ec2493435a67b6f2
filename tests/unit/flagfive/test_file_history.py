"""Training reads the labels of a file by their meaning, not by their type in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.schema import TransactionSchema
from flagfive.errors import UserError
from flagfive.file_history import UNNAMED, read_history
from settings import Settings
from stream.wiring import transaction_schema

MAPPING = """
id = "number"
time = "when"
time_unit = "s"
amount = "sum"

[[entities]]
name = "card"
column = "card"

[[entities]]
name = "merchant"
column = "shop"

[label]
column = "is_fraud"
fraud = [{fraud}]
pattern = "kind"
{families}
"""


@pytest.fixture
def schema(tmp_path: Path) -> TransactionSchema:
    return transaction_schema(Settings(var=tmp_path))


def history(
    folder: Path, schema: TransactionSchema, fraud: str, families: str = ""
) -> tuple[list[int], tuple[str, ...]]:
    rows = [(0, ""), (1, "fuel"), (1, "travel"), (1, "food"), (0, "")]
    lines = [f"t{i},{1_700_000_000 + i},9.5,c1,m1,{label},{kind}" for i, (label, kind) in enumerate(rows)]
    file, mapping = folder / "history.csv", folder / "mapping.toml"
    file.write_text("\n".join(["number,when,sum,card,shop,is_fraud,kind", *lines]) + "\n")
    mapping.write_text(MAPPING.format(fraud=fraud, families=families))
    read = read_history(file, schema, mapping)
    return np.asarray(read.rows.family).tolist(), read.names


@pytest.mark.parametrize("fraud", ["1", '"1"'])
def test_a_label_is_found_however_the_mapping_writes_it(
    tmp_path: Path, schema: TransactionSchema, fraud: str
) -> None:
    family, names = history(tmp_path, schema, fraud)
    assert family == [0, 1, 2, 3, 0]
    assert names == ("fuel", "travel", "food")


def test_kinds_of_fraud_are_grouped_as_the_mapping_says(tmp_path: Path, schema: TransactionSchema) -> None:
    family, names = history(tmp_path, schema, "1", '[label.families]\nsmall = ["fuel", "travel"]')
    assert family == [0, 1, 1, UNNAMED, 0]
    assert names == ("small",)


def test_a_file_without_labels_is_read_where_none_are_needed(
    tmp_path: Path, schema: TransactionSchema
) -> None:
    file, mapping = tmp_path / "payments.csv", tmp_path / "mapping.toml"
    lines = [f"t{i},{1_700_000_000 + i},9.5,c1,m1" for i in range(3)]
    file.write_text("\n".join(["number,when,sum,card,shop", *lines]) + "\n")
    mapping.write_text(MAPPING.split("[label]")[0])
    with pytest.raises(UserError, match="no column says which rows are fraud"):
        read_history(file, schema, mapping)
    read = read_history(file, schema, mapping, labelled=False)
    assert (len(read.rows.X), read.rows.family.tolist(), read.names) == (3, [0, 0, 0], ())
