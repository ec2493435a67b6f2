"""Files of twelve shapes: the proposed mapping reads each of them without an edit."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from replay.mapping import LabelColumn, Mapping, WrongMapping, read_mapping
from replay.propose_mapping import propose_mapping
from replay.reading import BadRow, RowReader
from replay.survey import Survey, survey
from replay.table import ROW, TableFile
from tests.unit.replay.files import payments

N = 400
FIRST = datetime(2024, 3, 1)


def frame() -> pd.DataFrame:
    return payments(N)


def csv(folder: Path, table: pd.DataFrame, name: str = "file.csv", **style: str) -> Path:
    table.to_csv(folder / name, index=False, **style)
    return folder / name


def seconds(table: pd.DataFrame) -> pd.Series:
    return (table.when - pd.Timestamp(FIRST)).dt.total_seconds().astype(np.int64)


def credit_card_2013(folder: Path) -> Path:
    table = frame()
    return csv(folder, pd.DataFrame({"Time": seconds(table), "Amount": table.amount, "Class": table.fraud}))


def paysim(folder: Path) -> Path:
    table = frame()
    columns = {"step": 1 + seconds(table) // 3_600, "type": "PAYMENT", "amount": table.amount}
    columns |= {"nameOrig": "C" + table.card.astype(str), "nameDest": table.shop}
    return csv(folder, pd.DataFrame({**columns, "isFraud": table.fraud, "isFlaggedFraud": 0}))


def german_bank(folder: Path) -> Path:
    table = frame()
    columns = {"Buchungstag": table.when.dt.strftime("%d.%m.%Y %H:%M:%S"), "Betrag": table.amount}
    columns |= {"Kunde": table.card, "Händler": table.shop, "Fraud": table.fraud.map({0: "no", 1: "yes"})}
    return csv(folder, pd.DataFrame(columns), sep=";", decimal=",", encoding="cp1252")


def date_and_time(folder: Path) -> Path:
    table = frame()
    columns = {"Date": table.when.dt.strftime("%d/%m/%Y"), "Clock": table.when.dt.strftime("%H:%M:%S")}
    columns |= {"account": table.card, "amount": table.amount, "label": table.kind.fillna("legitimate")}
    columns["label"] = columns["label"].replace("large", "fraudulent")
    return csv(folder, pd.DataFrame(columns), "file.tsv", sep="\t")


def zipped(folder: Path) -> Path:
    (folder / "file.csv.gz").write_bytes(gzip.compress(csv(folder, frame()).read_bytes()))
    return folder / "file.csv.gz"


def zstandard(folder: Path) -> Path:
    text = csv(folder, frame().assign(when=frame().when.dt.strftime("%Y%m%d %H:%M:%S"))).read_bytes()
    with pa.output_stream(str(folder / "file.csv.zst"), compression="zstd") as stream:
        stream.write(text)
    return folder / "file.csv.zst"


def json_lines(folder: Path) -> Path:
    table = frame().assign(when=1_709_251_200_000 + 1_000 * seconds(frame()), fraud=frame().fraud == 1)
    table.to_json(folder / "file.jsonl", orient="records", lines=True)
    return folder / "file.jsonl"


def folder_of_days(folder: Path) -> Path:
    for day, rows in frame().groupby(frame().when.dt.date):
        csv(folder, rows, f"{day}.csv")
    return folder / "2024-*.csv"


def american(folder: Path) -> Path:
    table = frame()
    when = table.when.dt.strftime("%m/%d/%Y %I:%M:%S %p")
    columns = {
        "trans_date_trans_time": when,
        "cc_num": table.card,
        "merchant": table.shop,
        "amt": table.amount,
    }
    return csv(folder, pd.DataFrame({**columns, "is_fraud": table.fraud}), encoding="utf-8-sig")


def parquet(folder: Path) -> Path:
    table = frame().rename(columns={"when": "booking", "fraud": "fraud_bool", "amount": "payment_value"})
    table.drop(columns="id").to_parquet(folder / "file.parquet")
    return folder / "file.parquet"


def bars_in_utf_16(folder: Path) -> Path:
    return csv(folder, frame(), sep="|", decimal=",", encoding="utf-16")


def bzip2(folder: Path) -> Path:
    (folder / "file.jsonl.bz2").write_bytes(bz2.compress(json_lines(folder).read_bytes()))
    return folder / "file.jsonl.bz2"


SHAPES: dict[str, Callable[[Path], Path]] = {
    maker.__name__: maker
    for maker in (
        credit_card_2013, paysim, german_bank, date_and_time, zipped, zstandard, json_lines, folder_of_days,
        american, parquet, bars_in_utf_16, bzip2,
    )
}  # fmt: skip


def read(folder: Path, path: Path) -> tuple[Mapping, Survey]:
    (folder / "mapping.toml").write_text(propose_mapping(TableFile(path)).toml, encoding="utf-8")
    mapping = read_mapping(folder / "mapping.toml")
    return mapping, survey(RowReader(TableFile(path, as_text=True), mapping))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_proposed_mapping_reads_the_file(shape: str, tmp_path: Path) -> None:
    mapping, found = read(tmp_path, SHAPES[shape](tmp_path))
    assert (found.rows, found.frauds) == (N, int(frame().fraud.sum()))
    assert found.days == pytest.approx(8, abs=0.5)
    assert mapping.amount not in mapping.numeric


@pytest.mark.parametrize("shape", [s for s in SHAPES if s not in ("credit_card_2013", "paysim")])
def test_times_of_every_format_are_the_same_moments(shape: str, tmp_path: Path) -> None:
    _, found = read(tmp_path, SHAPES[shape](tmp_path))
    assert found.first == pytest.approx(frame().when.iloc[0].timestamp(), abs=1)
    assert found.last == pytest.approx(frame().when.iloc[-1].timestamp(), abs=1)


def test_rows_without_an_id_are_numbered_across_files(tmp_path: Path) -> None:
    table = TableFile(folder_of_days(tmp_path))
    ids = [i for part in table.parts([ROW]) for i in part[ROW].to_pylist()]
    assert ids == [f"2024--{n}" for n in range(1, N + 1)]


def test_local_times_are_read_in_their_zone(tmp_path: Path) -> None:
    table = pd.DataFrame({"when": ["2024-01-15 12:00:00", "2024-07-15 12:00:00"], "amount": [1, 2]})
    path = csv(tmp_path, table)
    mapping = Mapping(id=ROW, time="when", amount="amount", time_zone="Europe/Berlin")
    found = survey(RowReader(TableFile(path, as_text=True), mapping), labelled=False)
    assert found.first == pd.Timestamp("2024-01-15 11:00:00").timestamp()
    assert found.last == pd.Timestamp("2024-07-15 10:00:00").timestamp()


def test_an_unknown_zone_names_the_key(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('id = "a"\ntime = "b"\namount = "c"\ntime_zone = "Europe/Bonn"\n')
    with pytest.raises(WrongMapping, match="time_zone 'Europe/Bonn'"):
        read_mapping(tmp_path / "m.toml")


def test_a_row_is_fraud_if_any_label_says_so(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"when": [1_700_000_000] * 4, "amount": [1] * 4, "a": [1, 0, 0, None], "b": [0, 1, 0, None]}
    )
    label = LabelColumn("a", also=("b",))
    mapping = Mapping(id=ROW, time="when", amount="amount", label=label)
    path = csv(tmp_path, table.astype({"a": "Int64", "b": "Int64"}))
    [part] = RowReader(TableFile(path, as_text=True), mapping).parts()
    found = survey(RowReader(TableFile(path, as_text=True), mapping))
    assert (len(part), found.frauds, found.genuine) == (4, 2, 1)


def test_an_error_shows_further_wrong_rows(tmp_path: Path) -> None:
    table = frame().astype({"amount": object})
    table.loc[[3, 7, 9], "amount"] = ["many", "few", ""]
    mapping, _ = read(tmp_path, csv(tmp_path, frame(), "good.csv"))
    path = csv(tmp_path, table)
    with pytest.raises(BadRow, match=r"row 4, column amount: 'many'.*2 more .*: row 8 'few', row 10 None"):
        list(RowReader(TableFile(path, as_text=True), mapping).parts())


def test_a_start_and_a_unit_place_relative_times(tmp_path: Path) -> None:
    path = csv(tmp_path, pd.DataFrame({"day": [0, 3], "amount": [1, 2]}))
    mapping = Mapping(id=ROW, time="day", amount="amount", time_unit="days", time_start=FIRST)
    mapping = msgspec.convert(msgspec.to_builtins(mapping), Mapping)
    found = survey(RowReader(TableFile(path, as_text=True), mapping), labelled=False)
    assert found.first == pd.Timestamp(FIRST).timestamp()
    assert found.days == 3
