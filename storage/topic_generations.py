"""Generations of topics: a topic that is deleted and created again begins at offset 0 with a new id.

Rows are keyed by partition and offset. The stored partition of a later generation is its number plus a
million for each topic of that name before, so that its rows do not look like repeats of the earlier ones.
Rows of the first generation keep the partition as it is.
"""

from sqlalchemy import Float, Integer, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import TableBase

PARTITIONS = 1_000_000
"""Stored partitions of one generation; Kafka advises at most thousands of partitions."""
OFFSETS = 1 << 40
"""Stored control offsets of one generation: a control log grows by a few entries a minute."""
MOST_GENERATIONS = 2_000
"""With more, a stored partition would exceed 32 bits."""


class TopicGeneration(TableBase):
    """One topic of a name, by the id that Kafka gave it."""

    __tablename__ = "topic_generations"
    __table_args__ = (UniqueConstraint("name", "topic_id"),)

    name: Mapped[str] = mapped_column(String, primary_key=True)
    generation: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    topic_id: Mapped[str] = mapped_column(String)
    first_seen: Mapped[float] = mapped_column(Float(53))


class TooManyGenerations(ValueError):
    """A topic was created again too often."""


class TopicGenerations:
    """Reads and adds generations within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, name: str, topic_id: str, *, time: float) -> int:
        """Return the generation of a topic; a topic id that is not known yet gets the next one.

        The first topic of a name, also one that rows were stored of before ids were kept, has generation 0.

        Args:
            name: name of the topic.
            topic_id: UUID that the cluster gave the topic.
            time: now, seconds since 1970.

        Raises:
            TooManyGenerations: the topic was created again `MOST_GENERATIONS` times.
        """
        row = TopicGeneration
        known = self._session.scalar(select(row.generation).where(row.name == name, row.topic_id == topic_id))
        if known is not None:
            return known
        newest = self._session.scalar(select(func.max(row.generation)).where(row.name == name))
        generation = 0 if newest is None else newest + 1
        if generation >= MOST_GENERATIONS:
            raise TooManyGenerations(f"topic {name!r} was created {generation} times, allowed are fewer")
        self._session.add(row(name=name, generation=generation, topic_id=topic_id, first_seen=time))
        self._session.flush()
        return generation


def stored_partition(generation: int, partition: int) -> int:
    """Return the partition that rows are stored under.

    Example:
        >>> stored_partition(0, 3), stored_partition(2, 3)
        (3, 2000003)
    """
    return generation * PARTITIONS + partition


def stored_control_offset(generation: int, offset: int) -> int:
    """Return the control offset that rows are stored under; -1, before any entry, stays.

    Example:
        >>> stored_control_offset(0, 17), stored_control_offset(1, 17) - OFFSETS
        (17, 17)
    """
    return generation * OFFSETS + offset if offset >= 0 else offset
