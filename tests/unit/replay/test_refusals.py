"""Rows that cannot be read are left out and counted, where a caller asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from replay.mapping import Mapping as ColumnMapping
from replay.mapping import read_mapping
from replay.propose_mapping import propose_mapping
from replay.reading import RowReader
from replay.refusals import SHOWN, Refusals
from replay.table import TableFile
from tests.unit.replay.files import payments


def written(folder: Path, changes: Mapping[int, tuple[str, str]]) -> tuple[TableFile, ColumnMapping]:
    """Write 100 payments with some values changed; return the file and its mapping."""
    table = payments(100)
    table.to_csv(folder / "good.csv", index=False)
    (folder / "m.toml").write_text(propose_mapping(TableFile(folder / "good.csv")).toml, encoding="utf-8")
    table = table.astype(object)
    for row, (column, value) in changes.items():
        table.loc[row, column] = value
    table.to_csv(folder / "file.csv", index=False)
    return TableFile(folder / "file.csv", as_text=True), read_mapping(folder / "m.toml")


def test_bad_rows_are_left_out_and_the_others_stay_as_they_are(tmp_path: Path) -> None:
    good = RowReader(*written(tmp_path, {}))
    [whole] = good.parts()
    refusals = Refusals()
    bad = {3: ("amount", "many"), 4: ("when", "never"), 99: ("fraud", "perhaps")}
    reader = RowReader(*written(tmp_path, bad), refusals=refusals)
    [part] = reader.parts()
    kept = [row for row in range(100) if row not in bad]
    assert part.numbers.tolist() == [row + 1 for row in kept]
    assert part.columns.amount.tolist() == whole.columns.amount[kept].tolist()
    assert part.columns.time.tolist() == whole.columns.time[kept].tolist()
    assert part.label.tolist() == whole.label[kept].tolist()
    assert (refusals.total, reader.read) == (3, 100)
    assert any("column amount" in line and "(row 4 'many')" in line for line in refusals.lines())


def test_a_row_counts_once_however_many_of_its_values_are_wrong(tmp_path: Path) -> None:
    refusals = Refusals()
    table, mapping = written(tmp_path, {7: ("amount", "many")})
    text = (tmp_path / "file.csv").read_text().splitlines()
    text[8] = text[8].replace(text[8].split(",")[1], "never")
    (tmp_path / "file.csv").write_text("\n".join(text) + "\n")
    list(RowReader(table, mapping, refusals=refusals).parts())
    assert refusals.total == 1


def test_only_the_first_rows_of_a_reason_are_shown(tmp_path: Path) -> None:
    refusals = Refusals()
    reader = RowReader(
        *written(tmp_path, dict.fromkeys(range(10, 20), ("amount", "many"))), refusals=refusals
    )
    list(reader.parts())
    [line] = refusals.lines()
    assert line.startswith("10 rows refused")
    assert line.count("'many'") == SHOWN
