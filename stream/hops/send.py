"""Where a hop's batches go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stream.batch import Batch
from stream.partition.hop import ScoredCounts
from stream.partition.output import Output


@dataclass(frozen=True, slots=True)
class Sent:
    """What a batch was turned into; the control offset it was scored under and what scoring found, if it was
    scored.
    """

    outputs: Sequence[Output]
    control_offset: int | None = None
    scored: ScoredCounts | None = None


class Sender(Protocol):
    """Turns batches into outputs."""

    def send(self, batch: Batch) -> Sent:
        """The outputs that a batch leads to; the same batch leads to the same outputs."""

    async def ready(self) -> None:
        """Return once it can send."""
