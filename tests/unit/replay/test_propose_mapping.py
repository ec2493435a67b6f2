"""Mappings guessed from files of several formats, each read back and used."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from replay.mapping import Mapping, read_mapping
from replay.propose_mapping import propose_mapping
from replay.reading import RowReader
from replay.survey import survey
from replay.table import TableFile


def proposed(folder: Path, frame: pd.DataFrame) -> tuple[Mapping, Path]:
    path = folder / "file.csv"
    frame.to_csv(path, index=False)
    (folder / "mapping.toml").write_text(propose_mapping(TableFile(path)).toml)
    return read_mapping(folder / "mapping.toml"), path


HANDBOOK = pd.DataFrame(
    {
        "TRANSACTION_ID": [1, 2, 3],
        "TX_DATETIME": ["2018-04-01 00:00:31", "2018-04-01 00:02:10", "2018-04-01 00:07:56"],
        "CUSTOMER_ID": [596, 4961, 2],
        "TERMINAL_ID": [3156, 3412, 1365],
        "TX_AMOUNT": [57.16, 81.51, 146.0],
        "TX_FRAUD": [0, 0, 1],
        "TX_FRAUD_SCENARIO": [0, 0, 2],
    }
)
OTHER = pd.DataFrame(
    {
        "payment_ref": ["a", "b", "c"],
        "timestamp": [1_700_000_000_000, 1_700_000_001_000, 1_700_000_002_000],
        "account": ["x", "y", "x"],
        "amount": [1, 2.5, 3],
        "mcc": [5411, 5812, 5411],
        "distance": [0.1, 0.2, 0.3],
        "browser_kind": ["m", "n", "m"],
        "is_fraud": ["yes", "no", "no"],
        "colour": ["red", "blue", "red"],
    }
)


def test_names_of_the_handbook_are_understood(tmp_path: Path) -> None:
    mapping, path = proposed(tmp_path, HANDBOOK)
    assert mapping.columns() == {
        "id": "TRANSACTION_ID",
        "time": "TX_DATETIME",
        "amount": "TX_AMOUNT",
        "entity:card": "CUSTOMER_ID",
        "entity:merchant": "TERMINAL_ID",
    }
    assert mapping.label is not None
    assert mapping.label.pattern == "TX_FRAUD_SCENARIO"
    assert survey(RowReader(TableFile(path, as_text=True), mapping)).frauds == 1


def test_units_labels_and_further_columns_are_understood(tmp_path: Path) -> None:
    mapping, path = proposed(tmp_path, OTHER)
    assert (mapping.time_unit, mapping.numeric, mapping.categorical) == ("ms", ("distance",), ("colour",))
    assert [entity.name for entity in mapping.entities] == ["card", "device"]
    found = survey(RowReader(TableFile(path, as_text=True), mapping))
    assert (found.frauds, found.genuine, found.first) == (1, 2, 1.7e9)


@pytest.mark.parametrize("time", ["booked_at", "created_at", "payment_time", "authorised_on"])
def test_common_names_of_times_and_labels_are_understood(tmp_path: Path, time: str) -> None:
    frame = OTHER.rename(columns={"timestamp": time}).assign(outcome=["fraud", "genuine", "genuine"])
    mapping, _ = proposed(tmp_path, frame[["payment_ref", time, "account", "amount", "outcome"]])
    assert mapping.time == time
    assert mapping.label is not None
    assert (mapping.label.column, mapping.label.fraud) == ("outcome", ("fraud",))


def test_a_file_without_amounts_gets_a_mapping_that_says_what_to_fill_in(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    OTHER.drop(columns=["amount", "distance"]).to_csv(path, index=False)
    proposal = propose_mapping(TableFile(path))
    assert proposal.missing == ("amount",)
    assert '# fill in: amount = "COLUMN"' in proposal.toml
    assert "#   mcc: 2 distinct in 3 rows; 5411 to 5812" in proposal.toml


def test_other_labels_never_become_features(tmp_path: Path) -> None:
    frame = OTHER.assign(isFlaggedFraud=[0, 0, 1])
    mapping, path = proposed(tmp_path, frame)
    assert mapping.label is not None
    assert mapping.label.column == "is_fraud"
    assert "isFlaggedFraud" not in (*mapping.numeric, *mapping.categorical)
    assert '# also = ["isFlaggedFraud"]' in propose_mapping(TableFile(path)).toml
