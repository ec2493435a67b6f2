"""Whether every partition has all of its copies, so that another broker may fail."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient

from flagfive.errors import UserError

_SHOWN = 3


class CopiesMissing(UserError):
    """Partitions have fewer copies in sync than the cluster assigned to them."""


@dataclass(frozen=True)
class Copies:
    """The copies of one partition.

    Attributes:
        place: topic and number, such as scores/0.
        leader: number of the leading broker; below 0 without one.
        in_sync: brokers whose copy is complete.
        assigned: brokers that should have a copy.
    """

    place: str
    leader: int
    in_sync: frozenset[int]
    assigned: frozenset[int]

    @classmethod
    def of(cls, topic: str, partition: Mapping[str, Any]) -> "Copies":
        """Read the description of one partition."""
        return cls(
            place=f"{topic}/{partition['partition_index']}",
            leader=int(partition["leader_id"]),
            in_sync=frozenset(partition["isr_nodes"]),
            assigned=frozenset(partition["replica_nodes"]),
        )


def copies_of(admin: KafkaAdminClient, topics: Collection[str]) -> list[Copies]:
    """Return the copies of every partition of the topics that exist.

    Raises:
        KafkaError: the cluster does not answer.
    """
    described = admin.describe_topics(sorted(topics)) if topics else []
    return [Copies.of(topic["name"], one) for topic in described for one in topic["partitions"]]


def check_copies(found: Collection[Copies], at_least: int) -> str:
    """Return in words that nothing is missing.

    Args:
        found: the copies of all partitions.
        at_least: copies in sync without which the broker refuses writes.

    Raises:
        CopiesMissing: a partition has no leader, or lacks a copy; the message names brokers and partitions.

    Example:
        >>> three = frozenset({1, 2, 3})
        >>> check_copies([Copies("scores/0", 1, three, three)], at_least=2)
        '1 partitions, each with 3 copies in sync'
    """
    behind = [one for one in found if one.in_sync < one.assigned or one.leader < 0]
    if not behind:
        fewest = min((len(one.in_sync) for one in found), default=0)
        return f"{len(found)} partitions, each with {fewest} copies in sync"
    brokers = sorted(frozenset().union(*(one.assigned - one.in_sync for one in behind)))
    places = ", ".join(f"{one.place} {len(one.in_sync)} of {len(one.assigned)}" for one in behind[:_SHOWN])
    stopped = [one for one in found if one.leader < 0 or len(one.in_sync) < min(at_least, len(one.assigned))]
    said = f"{len(behind)} of {len(found)} partitions lack a copy in sync, such as {places}; broker "
    said += f"{', '.join(map(str, brokers))} is away or catching up"
    if stopped:
        raise CopiesMissing(f"{said}. {len(stopped)} of them take no writes, such as {stopped[0].place}")
    raise CopiesMissing(f"{said}. Scoring goes on; if one more broker fails, it may stop")
