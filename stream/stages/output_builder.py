"""The contract between a stage and the builder of its outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stream.batch import Batch
from stream.partition.stage import SURPRISE_LEVELS, Output, ScoredCounts


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a batch was turned into.

    Attributes:
        outputs: batches for partitions of other topics.
        scored: what scoring found; None where the batch was not scored.
    """

    outputs: Sequence[Output]
    scored: ScoredCounts | None = None

    def without_outputs(self) -> "Outputs":
        """Return what another partition of the same batch has: no outputs, and nothing to count."""
        return Outputs([], ScoredCounts({}, [0] * len(SURPRISE_LEVELS)) if self.scored else None)


class OutputBuilder(Protocol):
    """Turns batches into outputs."""

    def outputs_for(self, batch: Batch) -> Outputs:
        """Return the outputs of a batch; the same batch gives the same outputs."""

    async def ready(self) -> None:
        """Wait until outputs can be built, for example until there is a base."""
