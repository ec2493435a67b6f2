"""The command reports bad input by row and column under every protocol, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from flagfive.errors import UserError
from flagfive.verbs.replay import app
from replay.protocols import NAMES
from replay.write_result import write_whole
from tests.unit.replay.files import payments

MAPPING = """
id = "id"
time = "when"
amount = "amount"
entities = [{ name = "card", column = "card" }, { name = "merchant", column = "shop" }]
label = { column = "fraud", pattern = "kind" }
"""
OUTPUTS = {"json": "result.json", "report": "report.html"}
KEPT = "what was here before"


def changed(row: int, column: str, value: str) -> str:
    frame = payments(200).astype(str)
    frame.loc[row - 1, column] = value
    return written(frame)


def written(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False))


CASES: dict[str, tuple[Callable[[], str], list[str]]] = {
    "a missing column": (
        lambda: written(payments(200).drop(columns="shop")),
        ["lacks the columns of entity:merchant = 'shop'", "id, when, amount, card, fraud, kind"],
    ),
    "mixed time formats": (
        lambda: changed(17, "when", "03/04/2024 10:00"),
        ["row 17, column when: '03/04/2024 10:00'", "allowed is a time as ISO 8601"],
    ),
    "numbers among times": (lambda: changed(18, "when", "1709251200"), ["row 18, column when: '1709251200'"]),
    "unsorted times": (
        lambda: changed(19, "when", "2023-01-01 00:00:00"),
        ["row 19, column when", "earlier than the row before"],
    ),
    "a repeated id": (
        lambda: changed(20, "id", "t4"),
        ["row 20, column id: 't4' is also the id of row 5", "each id may occur once"],
    ),
    "a label out of range": (
        lambda: changed(21, "fraud", "2"),
        ["row 21, column fraud: '2'", "allowed is one of 0, 1"],
    ),
    "a number that is none": (lambda: changed(22, "amount", "inf"), ["row 22, column amount: 'inf'"]),
    "a row cut short": (lambda: written(payments(200)) + "t200,2024", ["Expected 7 columns, got 2"]),
    "an empty file": (lambda: "", ["payments.csv", "Empty CSV file"]),
    "a head without rows": (lambda: written(payments(200).iloc[:0]), ["payments.csv: no rows"]),
    "no fraud": (
        lambda: written(payments(200).assign(fraud=0)),
        ["column fraud: 0 fraud and 200 genuine in 200 rows", "some of both are needed"],
    ),
    "nothing genuine": (
        lambda: written(payments(200).assign(fraud=1)),
        ["column fraud: 200 fraud and 0 genuine in 200 rows"],
    ),
    "too few days": (
        lambda: written(payments(200)),
        ["days are needed from day 0 on (7 training", "the file has 8"],
    ),
}


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_told_and_nothing_is_written(case: str, protocol: str, tmp_path: Path) -> None:
    content, words = CASES[case]
    told = refused(tmp_path, content, protocol)
    for word in words:
        assert word in told
    assert (tmp_path / "result.json").read_text() == KEPT
    there = {"payments.csv", "mapping.toml", "result.json"}
    assert {path.name for path in tmp_path.iterdir()} == there


def refused(folder: Path, content: Callable[[], str], protocol: str) -> str:
    """Return the command's error on a file with this content, in a folder with an older result."""
    (folder / "payments.csv").write_text(content())
    (folder / "mapping.toml").write_text(MAPPING)
    (folder / "result.json").write_text(KEPT)
    arguments = [f"--{name}={folder / file}" for name, file in OUTPUTS.items()]
    arguments += [f"--protocol={protocol}", "--pattern=large", f"--mapping={folder / 'mapping.toml'}"]
    result = CliRunner().invoke(app, [str(folder / "payments.csv"), *arguments])
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


def test_a_folder_that_is_not_there_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text("")
    for option in OUTPUTS:
        arguments = [str(tmp_path / "payments.csv"), f"--{option}", str(tmp_path / "none" / "out")]
        result = CliRunner().invoke(app, arguments)
        assert isinstance(result.exception, UserError)
        assert str(result.exception) == f"--{option} {tmp_path / 'none' / 'out'}: the folder does not exist"


def test_what_cannot_be_put_in_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "report.html", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
