"""Counts of confirmed frauds at entities: how they fade, and how much genuine traffic is expected there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from meta.entity_risk import doubted, faded, genuine_traffic, is_suspect

Entity: TypeAlias = tuple[Any, Any]
"""Kind and key, both hashable and sortable: texts live, a column and a hash in replay."""
DAY_S = 86_400.0


@dataclass(frozen=True)
class Count:
    """Confirmed frauds at one entity.

    Attributes:
        entity: Kind and key.
        number: Frauds or cards as of `as_of`; below 0 it takes back what another count holds.
        as_of: Event time, seconds since 1970.
        half_life_s: Time after which half of the number is left, seconds.
    """

    entity: Entity
    number: float
    as_of: float
    half_life_s: float

    def left(self, time: float) -> float:
        """Return what is left at an event time, seconds since 1970; before `as_of` it counts whole."""
        return faded(self.number, time - self.as_of, self.half_life_s)


@dataclass(frozen=True)
class RecentShares:
    """What recent traffic holds of an entity.

    Attributes:
        share_of: Takes kind and key of an entity and returns its share of recent traffic, 0 to 1.
        per_day: Transactions a day by event time; None before a day of them is known.
    """

    share_of: Callable[[Any, Any], float]
    per_day: float | None = None

    def genuine(self, entity: Entity, counts: Sequence[Count]) -> float:
        """Return the share of all traffic that is genuine and passes an entity, 0 to 1, as expected.

        It is all that passes there where nothing is counted, or traffic is not known for a day yet.
        """
        share = self.share_of(*entity)
        if self.per_day is None or not counts:
            return share
        times = [count.as_of for count in counts]
        days = (max(times) - min(times)) / DAY_S
        frauds = sum(max(count.number, 0.0) for count in counts)
        return genuine_traffic(share, self.per_day, frauds, days)


@dataclass(frozen=True)
class Doubt:
    """What genuine transactions at a blocked entity leave of the case against it.

    Attributes:
        change: Takes back a part of the counts.
        left: Cards that are left as of `change.as_of`.
    """

    change: Count
    left: float

    @property
    def lifts_block(self) -> bool:
        """Whether too little is left for a block."""
        return not is_suspect(self.left)


def doubts_of(
    genuine: Iterable[tuple[Mapping[Any, Any], float]],
    blocked: Iterable[Entity],
    counts: Mapping[Entity, Sequence[Count]],
    *,
    half_life_s: float,
) -> list[Doubt]:
    """Halve the count of a blocked entity for each transaction there that was found genuine.

    Args:
        genuine: Keys by kind of entity, and event time, of each transaction found genuine.
        blocked: Entities that confirmed frauds have blocked.
        counts: Counts by entity.
        half_life_s: Time after which half of a change is left, seconds.

    Returns:
        One doubt for each blocked entity that the transactions passed, in order of kind and key.
    """
    found, rows = [], list(genuine)
    for kind, key in sorted(blocked):
        times = [time for keys, time in rows if keys.get(kind) == key]
        if not times:
            continue
        now = max(times)
        cards = sum(count.left(now) for count in counts.get((kind, key), ()))
        left = doubted(cards, len(times))
        found.append(Doubt(Count((kind, key), left - cards, now, half_life_s), left))
    return found
