"""Foreign records of a checkpoint topic are skipped; the rows and the marker around them are loaded."""

import msgspec
import numpy as np
import pytest
from aiokafka import TopicPartition

from features.profile_row import LAST, PROFILE_ROW, ROW_BEFORE_LINKS
from features.profiles import Profiles
from stream.checkpoint.checkpoint import LAYOUT_BEFORE_LINKS, MARKER_KEY, Marker
from stream.checkpoint.checkpoint_reader import CheckpointReader
from tests.stage_messages import fetched
from tests.unit.features.transactions import transactions

CHECKPOINT = TopicPartition("checkpoint-card", 0)
LATEST = 4_102_444_800.0


def row_at(time: float, total: float = 1.0) -> bytes:
    row = np.zeros(1, PROFILE_ROW)
    row["clock"][:, LAST] = time
    row["windows"][:] = total
    return row.tobytes()


def test_foreign_records_are_skipped_by_name_and_nothing_of_them_is_loaded() -> None:
    records: list[tuple[bytes | None, bytes | None]] = [
        (b"card-1", row_at(1.7e9)),
        (b"card-2", b"noise"),
        (b"card-3", row_at(1e18)),
        (b"card-4", row_at(1.7e9, total=float("nan"))),
        (b"c" * 65, row_at(1.7e9)),
        (None, row_at(1.7e9)),
        (b"card-5", None),
        (MARKER_KEY, msgspec.json.encode(Marker(70))),
        (MARKER_KEY, b"noise"),
        (MARKER_KEY, None),
        (MARKER_KEY, msgspec.json.encode(Marker(10**12))),
        (MARKER_KEY, msgspec.json.encode(Marker(-1))),
    ]
    keys, values = zip(*records, strict=True)
    profiles = Profiles(0)
    position, refused = CheckpointReader(100, LATEST).restore(
        fetched(values, keys, partition=CHECKPOINT), profiles
    )
    assert (len(profiles), position) == (1, 70)
    assert profiles.watermark == 1.7e9
    assert sorted(one.first for one in refused) == [1, 2, 3, 4, 5, 8, 9, 10, 11]


def test_rows_and_markers_of_the_release_before_links_are_read_in_order() -> None:
    """The last row of a key counts, of either release: an upgrade may be undone for a while."""
    old = row_at(1.7e9 - 1e6)[: ROW_BEFORE_LINKS.itemsize]
    records = [
        (b"card-1", row_at(1.7e9 - 2e6)),
        (b"card-1", old),
        (b"card-2", old),
        (b"card-2", row_at(1.7e9)),
        (MARKER_KEY, msgspec.json.encode(Marker(60, LAYOUT_BEFORE_LINKS))),
        (MARKER_KEY, msgspec.json.encode(Marker(70, "another"))),
    ]
    keys, values = zip(*records, strict=True)
    profiles = Profiles(0)
    position, refused = CheckpointReader(100, LATEST).restore(
        fetched(values, keys, partition=CHECKPOINT), profiles
    )
    assert (position, refused) == (60, [])
    both = transactions([1.7e9 + 1] * 2, [1.0, 1.0], ["card-1", "card-2"])
    out = np.empty((2, 19), np.float32)
    profiles.publish(profiles.stage(both, out))
    assert np.expm1(out[:, 0]).tolist() == pytest.approx([1e6 + 1, 1.0], rel=1e-4)
