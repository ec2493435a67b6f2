"""Who shares cards, merchants, devices and others with whom, within two links."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from console.context import ConsoleContext
from console.errors import NotFound
from console.results.entities import EntityLink, EntityLinks, LinkedEntity
from console.services.linked_payments import Choice, Entity, Payments, chosen
from storage import UnitOfWork
from storage.labels import FRAUD
from storage.transaction_search import TransactionFilter

DAY_S: Final = 86_400.0
MOST_STARTS: Final = 8
"""Cards of a case that its graph begins with."""
MOST_FIRST: Final = 16
"""Entities one link away; those that several starts share come first."""
MOST_OF_EACH: Final = 6
"""Entities two links away that only one entity leads to, for each of those."""
MOST_ENTITIES: Final = 60
MOST_LINKS: Final = 200
SECONDS: Final = 1.0
"""Time to read payments in; a graph of 17 entities reads at most 3,400 payments."""


def links_of_entity(context: ConsoleContext, kind: str, reference: str, days: float) -> EntityLinks:
    """Return the graph around one entity.

    Raises:
        NotFound: kind or entity is unknown.
    """
    kinds = [entity.name for entity in context.settings.entities]
    if kind not in kinds:
        raise NotFound(f"no kind of entity {kind!r}", where="kind", allowed=kinds)
    key = context.cards.key(reference) if kind == context.cards.kind else reference
    with context.unit(reads_only=True) as unit:
        if not unit.past.page(TransactionFilter(entities=((kind, key),)), offset=0, limit=1).rows:
            raise NotFound(f"no stored transaction of this {kind}", where="key")
        return _graph(context, unit, [(kind, key)], days)


def links_of_case(context: ConsoleContext, case_id: int, days: float) -> EntityLinks:
    """Return the graph around the cards of a case.

    Raises:
        NotFound: no such case.
    """
    with context.unit(reads_only=True) as unit:
        case = unit.cases.get(case_id)
        if case is None:
            raise NotFound(f"no case {case_id}", where="id")
        alerts = unit.queue.by_ids([part.alert_id for part in case.alerts])
        cards = list(dict.fromkeys(alert.card for alert in alerts if alert.card))
        starts = [(context.cards.kind, card) for card in cards[:MOST_STARTS]]
        left_out = len(cards) - len(starts)
        return _graph(context, unit, starts, days, f"{left_out} more cards of the case" if left_out else "")


def _graph(
    context: ConsoleContext, unit: UnitOfWork, starts: Sequence[Entity], days: float, left_out: str = ""
) -> EntityLinks:
    newest = unit.transactions.newest_event_time() or 0.0
    payments = Payments(unit, newest - days * DAY_S, time.monotonic() + SECONDS)
    found = _Graph(dict.fromkeys(starts, 0), [left_out] if left_out else [])
    kind = starts[0][0] if starts else ""
    found.grow(payments, 1, Choice(kind, MOST_FIRST, MOST_FIRST, from_hubs=True))
    room = MOST_ENTITIES - len(found.steps)
    found.grow(payments, 2, Choice(kind, room, MOST_OF_EACH, from_hubs=False))
    if payments.since < unit.past.whole_in_sql_since():
        found.left_out.append("older payments without alert and label, which only the history store has")
    if payments.late:
        found.left_out.append(f"payments that were not read within {SECONDS:g} s")
    return _shown(context, unit, payments, found)


@dataclass
class _Graph:
    """Steps by entity, nearest first, and what was left out, in words."""

    steps: dict[Entity, int]
    left_out: list[str]

    def grow(self, payments: Payments, steps: int, wanted: Choice) -> None:
        """Add neighbours of the entities that the last step added."""
        last = [entity for entity, at in self.steps.items() if at == steps - 1]
        added, more = chosen(payments, last, self.steps, wanted)
        self.steps |= dict.fromkeys(added, steps)
        if more:
            self.left_out.append(f"{more:,} entities {('one link', 'two links')[steps - 1]} away")


def _shown(context: ConsoleContext, unit: UnitOfWork, payments: Payments, found: _Graph) -> EntityLinks:
    """Count payments, and return the graph with masked cards."""
    read = payments.all
    verdicts = unit.labels.latest(list(read))
    place = {entity: n for n, entity in enumerate(found.steps)}
    counts = {entity: [0, 0, 0] for entity in place}
    links: dict[tuple[int, int], list[float]] = {}
    for identity, one in read.items():
        inside = [entity for entity in one.entities.items() if entity in place]
        fraud = identity in verdicts and verdicts[identity].verdict == FRAUD
        for entity in inside:
            for at, counted in enumerate((True, one.decision > 0, fraud)):
                counts[entity][at] += counted
        for pair in combinations(sorted(place[entity] for entity in inside), 2):
            links.setdefault((pair[0], pair[1]), []).append(one.event_time)
    strongest = sorted(links.items(), key=lambda link: (-len(link[1]), link[0]))[:MOST_LINKS]
    if len(links) > len(strongest):
        found.left_out.append(f"{len(links) - len(strongest):,} links")
    cards = context.cards
    return EntityLinks(
        payments.since,
        [
            LinkedEntity(
                kind=kind,
                key=cards.shown(kind, key),
                reference=cards.reference(kind, key),
                steps=steps,
                payments=counts[kind, key][0],
                alerts=counts[kind, key][1],
                frauds=counts[kind, key][2],
                hub=(kind, key) in payments.hubs,
            )
            for (kind, key), steps in found.steps.items()
        ],
        [EntityLink(*pair, len(times), max(times)) for pair, times in sorted(strongest)],
        ", ".join(found.left_out),
    )
