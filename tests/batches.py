"""Small batches for tests."""

from __future__ import annotations

import numpy as np

from features.byte_strings import ByteStrings
from features.columns import Columns
from stream.batch import Batch


def batch_of(count: int, width: int = 4) -> Batch:
    """Return `count` transactions of three cards at two merchants, with arbitrary features."""
    number = np.arange(count)
    counted = np.arange(count, dtype=np.float64)
    columns = Columns(
        row=number.astype(np.int32),
        id=ByteStrings.from_list([f"tx-{i}".encode() for i in number]),
        time=1.7e9 + counted,
        amount=1.0 + counted,
        currency=np.zeros(count, np.int32),
        category=np.full(count, 5411, np.int32),
        channel=np.zeros(count, np.int8),
        keys=(
            ByteStrings.from_list([f"card-{i % 3}".encode() for i in number]),
            ByteStrings.from_list([f"merchant-{i % 2}".encode() for i in number]),
        ),
    )
    return Batch(
        columns,
        np.zeros(count, np.int32),
        number.astype(np.int64),
        np.full(count, count, np.int64),
        1.7e9 + counted,
        np.random.default_rng(0).standard_normal((count, width)).astype(np.float32),
        np.stack([number % 4, number % 3], 1).astype(np.float32),
    )
