"""Reads the payments of entities within limits, and chooses which entities they lead to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

from storage import UnitOfWork
from storage.transaction_search import LinkedPayment

Entity = tuple[str, str]
"""Kind and key."""
MOST_PAYMENTS: Final = 200
"""Newest payments of an entity that are read; one with more is a hub."""


class Payments:
    """Payments that were read, each once.

    Args:
        unit: an open unit of work.
        since: lowest event time, seconds since 1970.
        until: time of the monotonic clock from which nothing more is read.

    Attributes:
        all: every payment that was read, by transaction id.
        hubs: entities with more payments than were read.
        late: whether the time was over before all was read.
    """

    def __init__(self, unit: UnitOfWork, since: float, until: float) -> None:
        self.since = since
        self.all: dict[str, LinkedPayment] = {}
        self.hubs: set[Entity] = set()
        self.late = False
        self._unit, self._until = unit, until

    def of(self, entity: Entity) -> list[LinkedPayment]:
        """Return the newest payments of an entity; none once the time is over."""
        if time.monotonic() > self._until:
            self.late = True
            return []
        read = self._unit.search.payments_of(*entity, self.since, MOST_PAYMENTS)
        if len(read) == MOST_PAYMENTS:
            self.hubs.add(entity)
        self.all |= {one.transaction_id: one for one in read}
        return read


@dataclass(frozen=True)
class Choice:
    """Which neighbours are chosen.

    Attributes:
        kind: kind of the entities that the graph begins with; neighbours of this kind come first.
        most: at most this many.
        of_each: at most this many that only one entity leads to, for each of those.
        from_hubs: whether those count that only a hub leads to: everyone has met a large merchant.
    """

    kind: str
    most: int
    of_each: int
    from_hubs: bool


def chosen(
    payments: Payments, last: Sequence[Entity], known: Container[Entity], wanted: Choice
) -> tuple[list[Entity], int]:
    """Return the neighbours of entities that say most.

    First come those that several of `last` lead to, then those of the kind that the graph begins with, then
    the one of each other kind with most payments, then the second of each.

    Args:
        payments: reads the payments.
        last: the entities whose neighbours are wanted.
        known: entities of the graph so far.
        wanted: which are chosen.

    Returns:
        The neighbours, and how many others there are.
    """
    leading = _leading(payments, last, known)
    by_count = sorted(leading, key=lambda one: (-leading[one].total(), one))
    seen, place = Counter[str](), dict[Entity, int]()
    for entity in by_count:
        place[entity] = seen[entity[0]]
        seen[entity[0]] += 1
    ranked = sorted(by_count, key=lambda one: (-len(leading[one]), one[0] != wanted.kind, place[one], one))
    found, used = list[Entity](), Counter[Entity]()
    for other in ranked:
        if len(found) == wanted.most:
            break
        if len(leading[other]) == 1:
            (entity,) = leading[other]
            if used[entity] == wanted.of_each or (entity in payments.hubs and not wanted.from_hubs):
                continue
            used[entity] += 1
        found.append(other)
    return found, len(leading) - len(found)


def _leading(
    payments: Payments, last: Sequence[Entity], known: Container[Entity]
) -> dict[Entity, Counter[Entity]]:
    """Return, for each neighbour that is not known, how many payments each of `last` shares with it."""
    leading: dict[Entity, Counter[Entity]] = {}
    for entity in last:
        for one in payments.of(entity):
            for other in one.entities.items():
                if other[1] and other not in known:
                    leading.setdefault(other, Counter())[entity] += 1
    return leading
