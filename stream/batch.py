"""Transactions between stages: decoded fields, the features of each stage, and their form in Arrow."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contracts.stage_batch import (
    ENTITY,
    LINKS,
    ForeignBatch,
    entities_of,
    features_array,
    features_matrix,
)
from features.byte_strings import ByteStrings
from features.columns import Columns
from stream.wire.writer import concatenated


@dataclass(frozen=True, slots=True)
class Batch:
    """n transactions.

    Attributes:
        columns: the decoded fields.
        source_partition: partition of `transactions` that each came from.
        source_offset: offset there; partition and offset identify a transaction.
        batch_end: offset at which the fetched batch of each ended; parts of one batch share it.
        arrival: time at which each reached the broker, seconds since 1970.
        features: float32 (n, d); a stage fills the columns of its entity and leaves the others alone.
        links: float32 (n, entities), likewise: different partners in 7 days, beside what models read.
    """

    columns: Columns
    source_partition: NDArray[np.int32]
    source_offset: NDArray[np.int64]
    batch_end: NDArray[np.int64]
    arrival: NDArray[np.float64]
    features: NDArray[np.float32]
    links: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def oldest_arrival(self) -> float | None:
        """Arrival of the transaction that has waited longest; None in an empty batch."""
        return float(self.arrival.min()) if len(self) else None

    def take(self, index: NDArray[np.int64]) -> "Batch":
        """Return the transactions at `index`, with copies of their features."""
        return Batch(
            self.columns.take(index),
            self.source_partition[index],
            self.source_offset[index],
            self.batch_end[index],
            self.arrival[index],
            self.features[index],
            self.links[index],
        )


def joined(batches: Sequence[Batch]) -> Batch:
    """Return one batch with the transactions of all, in order."""
    if len(batches) == 1:
        return batches[0]
    columns = [batch.columns for batch in batches]
    numbers = ("row", "time", "amount", "currency", "category", "channel")
    return Batch(
        Columns(
            **{name: np.concatenate([getattr(one, name) for one in columns]) for name in numbers},
            id=concatenated([one.id for one in columns]),
            keys=tuple(concatenated(keys) for keys in zip(*(one.keys for one in columns), strict=True)),
        ),
        np.concatenate([batch.source_partition for batch in batches]),
        np.concatenate([batch.source_offset for batch in batches]),
        np.concatenate([batch.batch_end for batch in batches]),
        np.concatenate([batch.arrival for batch in batches]),
        np.concatenate([batch.features for batch in batches]),
        np.concatenate([batch.links for batch in batches]),
    )


def to_record_batch(batch: Batch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the batch as Arrow columns, in the form in which it goes to stages and the recorder.

    Numbers are not copied.
    """
    columns = batch.columns
    return pa.RecordBatch.from_arrays(
        [
            pa.array(batch.source_partition),
            pa.array(batch.source_offset),
            pa.array(batch.batch_end),
            pa.array(batch.arrival),
            columns.id.to_arrow(),
            pa.array(columns.time),
            pa.array(columns.amount),
            pa.array(columns.currency),
            pa.array(columns.category),
            pa.array(columns.channel),
            *(keys.to_arrow() for keys in columns.keys),
            features_array(batch.features),
            features_array(batch.links),
        ],
        schema=schema,
    )


def from_record_batch(arrow: pa.RecordBatch, schema: pa.Schema) -> Batch:
    """Read what `to_record_batch` wrote.

    Raises:
        ForeignBatch: the columns differ from `schema`.
    """
    if arrow.schema != schema:
        raise ForeignBatch(f"columns {arrow.schema.names}, expected {schema.names} with their types")
    columns = Columns(
        row=np.arange(arrow.num_rows, dtype=np.int32),
        id=ByteStrings.from_arrow(arrow["id"]),
        time=arrow["event_time"].to_numpy(),
        amount=arrow["amount"].to_numpy(),
        currency=arrow["currency"].to_numpy(),
        category=arrow["category"].to_numpy(),
        channel=arrow["channel"].to_numpy(),
        keys=tuple(ByteStrings.from_arrow(arrow[ENTITY + kind]) for kind in entities_of(schema)),
    )
    return Batch(
        columns,
        arrow["source_partition"].to_numpy(),
        arrow["source_offset"].to_numpy(),
        arrow["batch_end"].to_numpy(),
        arrow["arrival"].to_numpy(),
        features_matrix(arrow["features"]),
        features_matrix(arrow[LINKS]),
    )
