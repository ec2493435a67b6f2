"""A checkpoint is a few batches of bounded size, the marker last."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from features.profiles import Profiles
from features.seen_ids import SeenIds
from stream.checkpoint.checkpoint import MARKER_KEY, MOST_BATCH_BYTES, Checkpoint, Marker
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.checkpoint.id_chunk import key_of
from stream.partition.stage import Output
from stream.wire.reader import read_records
from tests.unit.features.test_seen_ids import arrivals, columns
from tests.unit.features.transactions import START, transactions


def records_of(outputs: list[Output]) -> list[tuple[bytes | None, bytes | None]]:
    found = [read_records(bytes(one.batch._build()), from_offset=0) for one in outputs]
    return [pair for one in found for pair in zip(one.keys.to_list(), one.values.to_list(), strict=True)]


def folded(cards: int) -> Profiles:
    profiles = Profiles(0)
    names = [f"card-{number}" for number in range(cards)]
    batch = transactions(np.full(cards, START), np.ones(cards), names)
    out = np.empty((cards, profiles.feature_count), np.float32)
    profiles.publish(profiles.stage(batch, out))
    return profiles


@pytest.mark.parametrize("cards", [1, 3, 30_000])
def test_every_batch_fits_and_the_marker_is_last(cards: int) -> None:
    ids = SeenIds(86_400.0, 1_000)
    sent = [(number, 1.0, START) for number in range(3)]
    ids.publish(ids.stage(columns(sent), arrivals(sent)))
    checkpoint, profiles = Checkpoint("checkpoint-card", 0, 1.0), folded(cards)
    outputs = list(checkpoint.outputs(profiles, 7, IdCheckpoint(ids)))
    assert max(one.batch.size() for one in outputs) < 1.2 * MOST_BATCH_BYTES
    records = records_of(outputs)
    assert [key for key, _ in records[:cards]] == [f"card-{number}".encode() for number in range(cards)]
    assert [key for key, _ in records[cards:]] == [key_of(0), MARKER_KEY]
    assert msgspec.json.decode(records[-1][1] or b"", type=Marker).offset == 7


def test_nothing_is_written_where_nothing_changed() -> None:
    checkpoint, profiles, ids = Checkpoint("c", 0, 1.0), folded(3), IdCheckpoint(SeenIds(1.0, 10))
    assert checkpoint.outputs(profiles, 7, ids)
    checkpoint.written(profiles, ids)
    assert checkpoint.outputs(profiles, 9, ids) == []


def test_checkpoints_of_different_partitions_fall_due_at_different_times() -> None:
    """All at once would hold up a commit."""
    ages = [Checkpoint("checkpoint-card", at, 8.0, clock=lambda: 100.0).age_s for at in range(8)]
    gaps = [later - sooner for sooner, later in pairwise(sorted(ages))]
    assert all(0 <= age < 8 for age in ages)
    assert min(gaps) > 0.3
