"""A file of profiles is read back as it was written, or refused as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.byte_strings import ByteStrings
from features.profile_row import PROFILE_ROW
from flagfive.errors import UserError
from flagfive.warm.profile_file import IDS, About, ProfileFile, Records, UnusableFile, write_profiles
from stream.checkpoint.checkpoint import as_byte_strings

KINDS = ("card", "merchant")
ABOUT = About(KINDS, 2)


def records(entity: int, partition: int, count: int) -> Records:
    rows = np.zeros(count, PROFILE_ROW)
    rows["clock"] = np.random.default_rng(entity).random((count, 2))
    keys = ByteStrings.from_list([f"key-{entity}-{number}".encode() for number in range(count)])
    return Records(entity, partition, keys, as_byte_strings(rows))


def ids() -> Records:
    return Records(IDS, 1, ByteStrings.from_list([b"chunk"]), ByteStrings.from_list([b"hashes"]))


def written(folder: Path, about: About = ABOUT) -> Path:
    file = folder / "profiles.parquet"
    parts = [records(0, 0, 40_000), records(0, 1, 500), records(1, 0, 500), records(1, 1, 0), ids()]
    assert write_profiles(file, about, iter(parts)) == 41_001
    return file


def test_what_was_written_is_read_in_parts(tmp_path: Path) -> None:
    file = ProfileFile(written(tmp_path), KINDS)
    assert (file.profiles, file.ids, file.about) == (41_000, 1, ABOUT)
    parts = list(file.parts())
    assert [(part.entity, part.partition) for part in parts] == [(0, 0), (0, 0), (0, 1), (1, 0), (IDS, 1)]
    expected = records(0, 0, 40_000)
    assert parts[0].values.to_list() + parts[1].values.to_list() == expected.values.to_list()
    assert not list(tmp_path.glob("*.part"))


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def without_a_row(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.slice(0, 40_000), file)


def of_other_columns(file: Path) -> None:
    pq.write_table(pa.table({"amount": [1.0]}), file)


@pytest.mark.parametrize("damage", [flipped, cut, without_a_row, of_other_columns])
def test_a_damaged_file_is_refused(damage: Callable[[Path], None], tmp_path: Path) -> None:
    file = written(tmp_path)
    damage(file)
    with pytest.raises(UnusableFile, match=r"damaged|not a file of profiles"):
        ProfileFile(file, KINDS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "has version 2, this release reads 1"),
        ({"layout": "0123"}, "profiles of another release: layout 0123"),
        ({"entities": ("card", "device")}, "has profiles of card, device; the settings name card, merchant"),
    ],
)
def test_a_file_of_another_configuration_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    about = msgspec.structs.replace(ABOUT, **change)
    with pytest.raises(UnusableFile, match=message):
        ProfileFile(written(tmp_path, about), KINDS)


def test_a_failed_export_leaves_the_earlier_file(tmp_path: Path) -> None:
    file = written(tmp_path)
    before = file.read_bytes()

    def failing() -> Iterator[Records]:
        yield records(0, 0, 10)
        raise UserError("the broker went away")

    with pytest.raises(UserError):
        write_profiles(file, ABOUT, failing())
    assert file.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))
