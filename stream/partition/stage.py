"""The contract between a stage and the partition that runs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from contracts.tracing.identity import Traced
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.writer import EncodedBatch

JOINED_BYTES = 256 << 10  # a message may have 1 MiB; larger batches gain nothing by being joined


@dataclass(frozen=True, slots=True)
class Output:
    """One batch of records for one partition of one topic."""

    topic: str
    partition: int
    batch: EncodedBatch


def joined_by_partition(outputs: Sequence[Output]) -> list[Output]:
    """Return the outputs with those of one partition joined, in order; the broker works per batch.

    Outputs stay apart where a joined batch would grow past `JOINED_BYTES`.
    """
    found: dict[tuple[str, int], list[list[Output]]] = {}
    for output in outputs:
        parts = found.setdefault((output.topic, output.partition), [[]])
        if sum(one.batch.nbytes for one in parts[-1]) + output.batch.nbytes > JOINED_BYTES and parts[-1]:
            parts.append([])
        parts[-1].append(output)
    return [
        one[0] if len(one) == 1 else Output(*at, EncodedBatch.joined([output.batch for output in one]))
        for at, parts in found.items()
        for one in parts
    ]


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a group continues in a partition, as the broker keeps it.

    Attributes:
        offset: the first record that is still needed.
        note: further state that the stage needs to continue; kept as metadata of the committed offset.
    """

    offset: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoredCounts:
    """What scoring found in a batch, for metrics.

    Attributes:
        alerts: number of transactions over the threshold, by the kind of scorer that decided.
        surprising: number of transactions with at least the surprise of each of `SURPRISE_LEVELS`.
    """

    alerts: Mapping[str, int]
    surprising: Sequence[int]


SURPRISE_LEVELS = (0, 1, 2, 3, 4)
"""Level 0 counts all transactions; level k one in 10**k of genuine traffic."""


@dataclass(frozen=True, slots=True)
class Work:
    """The whole effect of a batch; nothing of it is visible yet.

    Attributes:
        change: the stage's next state; `publish` makes it current once the outputs are committed.
        resume: where to continue after this; None while the batch only adds to waiting transactions, which
            are then read again after a crash.
        transactions: number of transactions in the outputs. This and the following attributes are for
            metrics.
        scored: what scoring found; None where the stage does not score.
        rejected: number of dead letters, by reason.
        misplaced: number of transactions on another partition than that of their card.
        repeated: number of transactions that were left out, since they came before.
        forgotten: number of ids that were forgotten before their window ended, for want of room.
        oldest_arrival: earliest arrival of these transactions, seconds since 1970; None where there are none.
        traced: the transactions whose OpenTelemetry spans are exported.
        began: when work on the batch began, seconds since 1970.
    """

    outputs: Sequence[Output]
    change: Any
    resume: Resume | None
    transactions: int
    scored: ScoredCounts | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)
    misplaced: int = 0
    repeated: int = 0
    forgotten: int = 0
    oldest_arrival: float | None = None
    traced: Sequence[Traced] = ()
    began: float = 0.0


class Stage(Protocol):
    """A stage on one partition, with its state."""

    async def ready(self) -> None:
        """Return once the stage can work, for example because there is a base to score with."""

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        """Bring the state to what it was at `committed`; return the offset to continue at.

        Args:
            committed: None when the group has never committed.
            earliest: the first offset that the broker still has.
        """

    def skip(self, first: int, end: int) -> None:
        """Note that the broker deleted the records from `first` to `end` (not included) unread.

        The next `work` reports it.
        """

    def work(self, fetched: FetchedBatch) -> Work:
        """Return everything that the batch leads to; the same batch gives the same result."""

    @classmethod
    def work_together(cls, parts: Sequence[tuple[Any, FetchedBatch]]) -> list[Work]:
        """Return the work of several partitions, all of it committed or dropped together.

        Each partition keeps a state of its own. The fixed costs of kernels and of Arrow are paid once. The
        first work may hold outputs of all.

        Args:
            parts: a stage of this class and a batch of its partition, for each partition.
        """

    def publish(self, work: Work) -> None:
        """Make the staged state current, after the outputs are committed."""

    def discard(self, work: Work) -> None:
        """Drop the staged state: its outputs will never be committed."""

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        """Return records that save the state as of `position`; none if nothing has changed.

        Args:
            position: offset up to which the state is committed.
            due_only: return none while the last checkpoint is recent.
        """

    def checkpointed(self) -> None:
        """Note that the records of the last `checkpoint` call are committed."""
