"""What the group has given to a worker, from one rebalance to the next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenure:
    """A member's part in one generation of the group.

    Attributes:
        numbers: of its partitions, ascending; the assignment gives partition i of every topic to one member.
        member: the id that the broker gave it.
        generation: the broker refuses places of an earlier one (KIP-447).
    """

    numbers: tuple[int, ...]
    member: str
    generation: int
