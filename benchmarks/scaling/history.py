"""Writes labelled histories of any size; cards and merchants grow with the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

MAPPING = """
id = "id"
time = "time"
amount = "amount"
entities = [{ name = "card", column = "card" }, { name = "merchant", column = "merchant" }]
label = { column = "fraud" }
"""
_START_S, _DAYS, _DAY_S = 1_700_000_000.0, 183, 86_400.0
_PER_CARD, _PER_MERCHANT, _FRAUD = 350, 175, 0.008  # those of the Handbook
_ROWS_AT_ONCE = 1_000_000  # a row group, which is what one task of Spark reads


def write_history(path: Path, rows: int) -> None:
    """Write a Parquet file of payments in the order of time; frauds have larger amounts."""
    random, writer = np.random.default_rng(1), None
    for first in range(0, rows, _ROWS_AT_ONCE):
        batch = _payments(random, first, min(_ROWS_AT_ONCE, rows - first), rows)
        writer = writer or pq.ParquetWriter(path, batch.schema)
        writer.write_batch(batch)
    if writer is not None:
        writer.close()


def _payments(random: np.random.Generator, first: int, n: int, rows: int) -> pa.RecordBatch:
    number, fraud = np.arange(first, first + n), random.random(n) < _FRAUD
    amount = random.lognormal(3.5, 1, n) * np.where(fraud, 4.0, 1.0)
    return pa.RecordBatch.from_pydict(
        {
            "id": number,
            "time": _START_S + np.floor(number * (_DAYS * _DAY_S / rows)),
            "amount": amount.round(2),
            "card": random.integers(0, max(rows // _PER_CARD, 1), n),
            "merchant": random.integers(0, max(rows // _PER_MERCHANT, 1), n),
            "fraud": fraud.astype(np.int8),
        }
    )
