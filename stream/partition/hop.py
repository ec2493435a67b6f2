"""What a stage of the stream offers to the partition that runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from features.profiles import Profiles, Staged
from stream.partition.output import Output
from stream.transport.span import Span


@dataclass(frozen=True, slots=True)
class Work:
    """The whole effect of a span, none of it visible yet.

    Attributes:
        staged: the change to the profiles, published once the outputs are committed.
        transactions: how many transactions went on, for metrics.
        rejected: how many records went to the dead letters.
        control_offset: what the span was scored under; None where nothing was scored.
    """

    outputs: Sequence[Output]
    staged: Staged
    transactions: int
    rejected: int = 0
    control_offset: int | None = None


class Hop(Protocol):
    """One entity's stage on one partition. `work` and `replay` are pure but for `publish`."""

    @property
    def profiles(self) -> Profiles: ...

    def work(self, span: Span) -> Work:
        """Everything that the span leads to. Called again with the same span, it gives the same."""

    def replay(self, span: Span, until: int) -> None:
        """Fold the records before offset `until` into the profiles, and nothing else."""

    def forget(self) -> None:
        """Begin anew with empty profiles."""

    async def ready(self) -> None:
        """Return once the hop can work: a base to score with is in force."""
