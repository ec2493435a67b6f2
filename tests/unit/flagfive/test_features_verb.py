"""`flagfive features` writes a table of features with the rows they belong to."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from flagfive.errors import UserError
from flagfive.verbs.features import app
from tests.unit.replay.files import payments

RUNNER = CliRunner()
MAPPING = """
id = "id"
time = "when"
amount = "amount"
entities = [{ name = "card", column = "card" }, { name = "merchant", column = "shop" }]
label = { column = "fraud", pattern = "kind" }
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    payments(500).to_parquet(tmp_path / "history.parquet", index=False)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    return tmp_path / "history.parquet"


def run(history: Path, *options: str) -> None:
    mapping = str(history.parent / "mapping.toml")
    found = RUNNER.invoke(app, [str(history), "--mapping", mapping, *options], catch_exceptions=False)
    assert found.exit_code == 0, found.output


def test_each_row_has_its_facts_and_its_features(history: Path, tmp_path: Path) -> None:
    out = tmp_path / "features.parquet"
    run(history, "--out", str(out))
    table = pq.read_table(out)
    given = payments(500)
    assert table["row"].to_pylist() == list(range(1, 501))
    assert table["transaction_id"].to_pylist() == given["id"].tolist()
    assert table["entity_merchant"].to_pylist() == given["shop"].tolist()
    assert table["fraud"].to_pylist() == given["fraud"].astype(bool).tolist()
    assert table["pattern"].to_pylist() == [
        kind if fraud else None for kind, fraud in zip(given["kind"], given["fraud"], strict=True)
    ]
    assert table["card_log_seconds_since_last"].null_count == 0
    assert [file.name for file in tmp_path.glob(".*")] == []


def test_a_file_that_exists_is_left_alone(history: Path, tmp_path: Path) -> None:
    (tmp_path / "features.parquet").write_text("mine")
    with pytest.raises(UserError, match="it exists"):
        run(history, "--out", str(tmp_path / "features.parquet"))
    assert (tmp_path / "features.parquet").read_text() == "mine"


def test_an_invalid_row_leaves_no_file(history: Path, tmp_path: Path) -> None:
    frame = payments(500)
    frame.loc[400, "amount"] = -1
    frame.to_parquet(history, index=False)
    with pytest.raises(UserError, match="row 401, column amount"):
        run(history, "--out", str(tmp_path / "features.parquet"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["history.parquet", "mapping.toml"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--engine", "dask"], "allowed are local, spark"),
        (["--master", "local[2]"], "needs --engine spark"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    history: Path, tmp_path: Path, options: list[str], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        run(history, "--out", str(tmp_path / "features.parquet"), *options)
