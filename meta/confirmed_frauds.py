"""What confirmed frauds reveal about the entities they share: which to watch, and which to block.

A card with a confirmed fraud becomes more suspicious. A terminal, device or other entity is blocked for a
time once it was seen with frauds of two cards, unless so much genuine traffic passes there that blocking it
costs more than the budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from meta.entity_counts import Count, Entity, RecentShares
from meta.entity_risk import affordable, is_suspect


@dataclass(frozen=True)
class ConfirmedFrauds:
    """n transactions that are confirmed as fraud, n >= 1.

    Attributes:
        entities: For each transaction, the key of each kind of entity. The first kind is the primary one,
            the card. A missing or empty key counts as none.
        event_time: Event time of each, seconds since 1970.
    """

    entities: Sequence[Mapping[Any, Any]]
    event_time: Sequence[float]

    @property
    def kinds(self) -> tuple[Any, ...]:
        """Kinds of entities, the primary one first."""
        return tuple(self.entities[0])

    @property
    def newest(self) -> float:
        """Event time of the newest transaction, seconds since 1970."""
        return max(self.event_time)

    def apart_from(self, explained: Iterable[Entity]) -> ConfirmedFrauds | None:
        """Return the transactions without any of some entities; None where all have one."""
        met = set(explained)
        kept = [row for row, own in enumerate(self.entities) if met.isdisjoint(own.items())]
        if not kept:
            return None
        return ConfirmedFrauds([self.entities[row] for row in kept], [self.event_time[row] for row in kept])

    def cards(self) -> int:
        """Return the number of cards."""
        return len(self._rows_by_key(self.kinds[0]))

    def counts(self, kind: Any, *, sign: float, half_life_s: float) -> list[Count]:
        """Return the count of each entity of a kind as of its newest transaction, in order of appearance.

        Each fraud of a card counts; at any other entity each card counts once.
        """
        return [
            Count(
                (kind, key),
                sign * (len(rows) if kind == self.kinds[0] else len({self._card(row) for row in rows})),
                max(self.event_time[row] for row in rows),
                half_life_s,
            )
            for key, rows in self._rows_by_key(kind).items()
        ]

    def _rows_by_key(self, kind: Any) -> dict[Any, list[int]]:
        found: dict[Any, list[int]] = {}
        for row, own in enumerate(self.entities):
            if (key := own.get(kind)) not in (None, ""):
                found.setdefault(key, []).append(row)
        return found

    def _card(self, row: int) -> Any:
        return next(iter(self.entities[row].values()))


@dataclass(frozen=True)
class KnownRisk:
    """What was known of entities before.

    Attributes:
        counts: Earlier counts by entity, without those that the new ones replace.
        blocked: Entities that are blocked by now, each with the share of all traffic that is genuine and
            passes there, 0 to 1, as expected.
    """

    counts: Mapping[Entity, Sequence[Count]]
    blocked: Mapping[Entity, float]


@dataclass(frozen=True)
class Suspect:
    """An entity other than the card that was seen with frauds of several cards.

    Attributes:
        entity: Kind and key.
        cards: Cards with a confirmed fraud there, faded as of `last`.
        share: Share of all traffic that is genuine and passes there, 0 to 1, as expected.
        last: Event time of its newest confirmed fraud, seconds since 1970.
        affordable: Whether blocking it, and those before it, stays within the budget.
    """

    entity: Entity
    cards: float
    share: float
    last: float
    affordable: bool = False


@dataclass(frozen=True)
class FraudFindings:
    """What follows from confirmed frauds.

    Attributes:
        boosts: Counts of cards; they raise the surprise of the card's transactions.
        watched: Counts of all other entities; they do nothing yet, but further frauds may lead to a block.
        suspects: Suspect entities, the one with the most cards first.
        blocks: Suspects to block now.
    """

    boosts: tuple[Count, ...]
    watched: tuple[Count, ...]
    suspects: tuple[Suspect, ...]
    blocks: tuple[Suspect, ...]


def assess_frauds(
    frauds: ConfirmedFrauds,
    known: KnownRisk,
    recent: RecentShares,
    *,
    budget: float,
    half_life_s: float,
    may_block: bool = True,
    taken_back: bool = False,
    of_one_pattern: bool = True,
) -> FraudFindings:
    """Count frauds by entity and decide what to watch and what to block.

    1. Count at all entities but cards.  2. Find suspects.  3. Block those that the budget bears.  4. Count at
    cards what no block explains.

    Args:
        frauds: Transactions that are confirmed as fraud.
        known: What was known of entities before.
        recent: Shares of recent traffic.
        budget: Share of genuine traffic that all blocks together may meet, 0 to 1.
        half_life_s: Time after which half of a count is left, seconds of event time.
        may_block: Whether blocks may be made without an approval.
        taken_back: Whether the transactions turned out not to be fraud; each then takes its count back, and
            nothing is suspected.
        of_one_pattern: Whether the frauds are said to come from one place; then at least half of the cards
            must have been at a suspect. Two of five cards in one large shop are chance.
    """
    sign = -1.0 if taken_back else 1.0
    watched = [
        count
        for kind in frauds.kinds[1:]
        for count in frauds.counts(kind, sign=sign, half_life_s=half_life_s)
    ]
    least = frauds.cards() / 2 if of_one_pattern else 0.0
    suspects = [] if taken_back else _suspects(watched, known, recent, least)
    suspects = _within(suspects, known, budget)
    blocks = [one for one in suspects if one.affordable] if may_block else []
    # A fraud that a block explains says nothing about its card. A quarter of Handbook's cards were at a
    # blocked terminal; watching all of them took the budget of everything else.
    explained = set() if taken_back else {*known.blocked, *(one.entity for one in blocks)}
    of_cards = frauds.apart_from(explained)
    boosts = of_cards.counts(frauds.kinds[0], sign=sign, half_life_s=half_life_s) if of_cards else []
    return FraudFindings(tuple(boosts), tuple(watched), tuple(suspects), tuple(blocks))


def _suspects(
    watched: Iterable[Count], known: KnownRisk, recent: RecentShares, least: float
) -> list[Suspect]:
    found = []
    for count in watched:
        before = known.counts.get(count.entity, ())
        cards = count.number + sum(one.left(count.as_of) for one in before)
        if is_suspect(cards) and cards >= least:
            share = recent.genuine(count.entity, [*before, count])
            found.append(Suspect(count.entity, cards, share, count.as_of))
    return found


def _within(suspects: Iterable[Suspect], known: KnownRisk, budget: float) -> list[Suspect]:
    """Order suspects, most cards first, and mark those that can be blocked within the budget together."""
    ordered = sorted(suspects, key=lambda one: (-one.cards, one.share, one.entity))
    anew = {one.entity for one in ordered}
    taken = sum(share for entity, share in sorted(known.blocked.items()) if entity not in anew)
    fits = affordable([one.share for one in ordered], max(budget - taken, 0.0))
    return [replace(one, affordable=fit) for one, fit in zip(ordered, fits, strict=True)]
