"""What a batch leads to: batches for other partitions."""

from dataclasses import dataclass

from stream.wire.writer import EncodedBatch


@dataclass(frozen=True, slots=True)
class Output:
    """One batch of records for one partition of one topic."""

    topic: str
    partition: int
    batch: EncodedBatch
