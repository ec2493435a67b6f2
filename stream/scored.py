"""Scores of a batch, and the record batch of the `scored` topic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stream.batch import Batch
from stream.batch_arrow import to_record_batch


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n transactions, all made under one snapshot.

    Attributes:
        surprise: float64 (n,), -log10 of the tail; the highest of base, detectors and risk.
        winner: int32 (n,), index into `winners` of what gave the highest.
        winners: id of each scorer; the base comes first.
        decision: int8 (n,), a `Decision` each.
        control_offset: the snapshot's place in the control log.
    """

    surprise: NDArray[np.float64]
    winner: NDArray[np.int32]
    winners: Sequence[str]
    decision: NDArray[np.int8]
    control_offset: int

    @property
    def tail(self) -> NDArray[np.float64]:
        """Share of genuine traffic that scores higher, float64 (n,), over 0 to 1."""
        return np.power(10.0, -self.surprise)


def to_scored(batch: Batch, scores: Scores, schema: pa.Schema) -> pa.RecordBatch:
    """The batch and its scores as Arrow columns of `schema`, which `scored_schema` made."""
    own = [
        pa.array(scores.surprise),
        pa.array(scores.tail),
        pa.array(scores.winner),
        pa.array(scores.winners, pa.string()).take(pa.array(scores.winner)),
        pa.array(scores.decision),
        pa.array(np.full(len(batch), scores.control_offset, np.int64)),
    ]
    first = to_record_batch(batch, pa.schema(list(schema)[: -len(own)]))
    return pa.RecordBatch.from_arrays([*first.columns, *own], schema=schema)
