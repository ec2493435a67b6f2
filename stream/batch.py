"""Transactions on their way: what the first stage decoded, and the features that each stage adds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.columns import Columns


@dataclass(frozen=True, slots=True)
class Batch:
    """n transactions.

    Attributes:
        columns: the decoded fields.
        source_partition, source_offset: where each stood in `transactions`; together its identity.
        batch_end: offset where the fetched batch of each ended; tells the parts of one batch from another's.
        arrival: when it reached the broker, seconds since 1970.
        features: float32 (n, d); a stage fills the columns of its entity and leaves the others alone.
    """

    columns: Columns
    source_partition: NDArray[np.int32]
    source_offset: NDArray[np.int64]
    batch_end: NDArray[np.int64]
    arrival: NDArray[np.float64]
    features: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def oldest_arrival(self) -> float | None:
        """When the transaction that has waited longest reached the broker; None where there is none."""
        return float(self.arrival.min()) if len(self) else None

    def take(self, index: NDArray[np.int64]) -> "Batch":
        """The transactions at `index`, with copies of their features."""
        return Batch(
            self.columns.take(index),
            self.source_partition[index],
            self.source_offset[index],
            self.batch_end[index],
            self.arrival[index],
            self.features[index],
        )
