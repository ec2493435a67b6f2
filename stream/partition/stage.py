"""What a stage of the stream offers to the partition that runs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from contracts.tracing.identity import Traced
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.writer import EncodedBatch


@dataclass(frozen=True, slots=True)
class Output:
    """One batch of records for one partition of one topic."""

    topic: str
    partition: int
    batch: EncodedBatch


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a group continues in a partition, as the broker keeps it.

    Attributes:
        offset: the first record that is still needed.
        note: what else a stage must know to continue; kept as the metadata of the committed offset.
    """

    offset: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoredCounts:
    """What scoring found in a batch, for metrics.

    Attributes:
        alerts: how many were over the threshold, by the kind of scorer that decided.
        surprising: how many had a surprise of at least each of `SURPRISE_LEVELS`.
    """

    alerts: Mapping[str, int]
    surprising: Sequence[int]


SURPRISE_LEVELS = (0, 1, 2, 3, 4)
"""All; and of genuine traffic one in 10, 100, 1,000 and 10,000."""


@dataclass(frozen=True, slots=True)
class Work:
    """The whole effect of a batch, none of it visible yet.

    Attributes:
        change: the stage's next state, taken up once the outputs are committed.
        resume: where to continue after this; None while the batch only adds to what waits, which is then
            read again after a crash.
        transactions: how many transactions went on. This and what follows is for metrics.
        scored: what scoring found; None where the stage does not score.
        rejected: how many went to the dead letters, by reason.
        oldest_arrival: of what went on, seconds since 1970; None where nothing did.
        traced: those of what went on that are followed.
        began: when the batch was taken up, seconds since 1970.
    """

    outputs: Sequence[Output]
    change: Any
    resume: Resume | None
    transactions: int
    scored: ScoredCounts | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)
    oldest_arrival: float | None = None
    traced: Sequence[Traced] = ()
    began: float = 0.0


class Stage(Protocol):
    """A stage on one partition, with whatever state it keeps."""

    async def ready(self) -> None:
        """Return once the stage can work, for example because there is a base to score with."""

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        """Bring the state to what it was at `committed`; return the offset to continue at.

        Args:
            committed: None when the group has never committed.
            earliest: the first offset that the broker still has.
        """

    def work(self, fetched: FetchedBatch) -> Work:
        """Everything that the batch leads to. Called again with the same batch, it gives the same."""

    def publish(self, work: Work) -> None:
        """The outputs are committed: what `work` staged is the state now."""

    def discard(self, work: Work) -> None:
        """The outputs will never be committed: forget what `work` staged."""

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        """Records that save the state as it stands at `position`; empty if nothing has changed.

        Args:
            due_only: nothing either while the last one is recent.
        """

    def checkpointed(self) -> None:
        """What `checkpoint` gave last is committed."""
