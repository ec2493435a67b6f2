"""Messages of the `scored` topic, in the format that workers write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from contracts.scored_batch import scored_schema
from contracts.stage_batch import FRAUDS, LINKS, features_array

EUR = (ord("E") << 16) | (ord("U") << 8) | ord("R")
ENTITIES = ("card", "merchant")


def scored_message(
    partition: int,
    offsets: Sequence[int],
    *,
    features: np.ndarray[tuple[int, int], np.dtype[np.float32]] | None = None,
    ids: Sequence[bytes] | None = None,
    cards: Sequence[bytes] | None = None,
    times: Sequence[float] | None = None,
    decisions: Sequence[int] | None = None,
) -> bytes:
    """Return one Arrow message with a row per offset. Omitted columns have default values, usually 0."""
    n = len(offsets)
    X = np.zeros((n, 3), np.float32) if features is None else features
    schema = scored_schema(ENTITIES, X.shape[1])
    columns = {
        "source_partition": np.full(n, partition, np.int32),
        "source_offset": np.array(offsets, np.int64),
        "arrival": np.array(offsets, np.float64),
        "id": ids or [b"tx-%d-%d" % (partition, offset) for offset in offsets],
        "event_time": np.array(offsets if times is None else times, np.float64),
        "amount": np.full(n, 12.5),
        "currency": np.full(n, EUR, np.int32),
        "category": np.full(n, 5, np.int32),
        "channel": np.full(n, 1, np.int8),
        "entity:card": cards or [b"card-%d-%d" % (partition, offset) for offset in offsets],
        "entity:merchant": [b"shop"] * n,
        "surprise": np.full(n, 0.5),
        "tail": np.full(n, 10**-0.5),
        "winner": np.zeros(n, np.int32),
        "winner_id": ["base"] * n,
        "decision": np.zeros(n, np.int8) if decisions is None else np.array(decisions, np.int8),
        "control_offset": np.full(n, 1, np.int64),
    }
    matrices = {"features": X, **{name: np.zeros((n, len(ENTITIES)), np.float32) for name in (LINKS, FRAUDS)}}
    arrays = [
        features_array(matrices[field.name])
        if field.name in matrices
        else pa.array(columns.get(field.name, np.zeros(n)), field.type)
        for field in schema
    ]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    message: bytes = sink.getvalue().to_pybytes()
    return message
