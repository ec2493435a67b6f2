"""Where a stage's batches go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stream.batch import Batch
from stream.partition.stage import Output, ScoredCounts


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a batch was turned into.

    Attributes:
        outputs: batches for partitions of other topics.
        scored: what scoring found; None where the batch was not scored.
    """

    outputs: Sequence[Output]
    scored: ScoredCounts | None = None


class OutputBuilder(Protocol):
    """Turns batches into outputs."""

    def outputs_for(self, batch: Batch) -> Outputs:
        """The outputs that a batch leads to; the same batch leads to the same outputs."""

    async def ready(self) -> None:
        """Return once it can send."""
