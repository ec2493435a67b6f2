"""Foreign records of a checkpoint topic are skipped; the rows and the marker around them are loaded."""

import msgspec
import numpy as np
from aiokafka import TopicPartition

from features.profile_row import LAST, PROFILE_ROW
from features.profiles import Profiles
from stream.checkpoint.checkpoint import MARKER_KEY, Marker
from stream.checkpoint.checkpoint_reader import CheckpointReader
from tests.stage_messages import fetched

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
