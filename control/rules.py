"""Rules of single entities: risk of confirmed fraud, allow and block lists, suppressed alerts.

A rule names one entity by kind and key. Entries of the kinds risk, list and suppression hold rules as JSON.
`control.rule_table` finds the rules of a batch's entities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec

from contracts.undecodable import UNDECODABLE
from control.entry import Entry, Kind
from control.errors import MalformedEntry
from features.links import FRAUD_DAYS
from meta import entity_risk

RULES = "rules"
"""Name of the part that holds rules."""

EVERY = "*"
"""Kind and key of a suppression that silences a scorer for all entities."""

MOST_OF_ONE = 100
"""Rules of one entity in one entry: a batch applies them one after another to each of its transactions."""

WHOLE_S = FRAUD_DAYS * 86_400.0
"""Seconds for which a confirmed fraud counts where links are counted; risk fades, links do not."""

Finite = Annotated[float, msgspec.Meta(gt=-1e12, lt=1e12)]


class Effect(StrEnum):
    """What a rule does to the transactions of its entity."""

    BOOST = "boost"
    """Raises their surprise by the entity's confirmed frauds, which fade."""
    WATCH = "watch"
    """Only counts confirmed frauds; further ones may turn it into a block."""
    BLOCK = "block"
    """Declines them."""
    ALLOW = "allow"
    """Approves them with any score."""
    SUPPRESS = "suppress"
    """Approves those that are only over the threshold; blocks still decline."""


ALLOWED = {
    Kind.RISK: {Effect.BOOST, Effect.WATCH, Effect.BLOCK},
    Kind.LIST: {Effect.ALLOW, Effect.BLOCK},
    Kind.SUPPRESSION: {Effect.SUPPRESS},
}
"""Effects that the rules of an entry may have, by its kind; entries of other kinds hold no rules."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entity and what happens to its transactions.

    Times are event times, seconds since 1970-01-01 UTC.

    Attributes:
        entity: Kind of the entity, such as `card`.
        key: Key of the entity.
        effect: What happens.
        count: Confirmed frauds as of `as_of`. A negative count takes back what another rule counted.
        as_of: When `count` was taken.
        half_life_s: Seconds in which half of the count fades.
        until: From then on the rule has no effect; None for ever.
        scorer: Base or detector whose alerts are suppressed; None for all.
    """

    entity: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    effect: Effect
    count: Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)] = 0.0
    as_of: Finite = 0.0
    half_life_s: Annotated[float, msgspec.Meta(gt=0, lt=1e12)] = 14 * 86_400.0
    until: Finite | None = None
    scorer: str | None = None


@dataclass(frozen=True)
class Placed:
    """A rule, and kind and id of the entry that holds it (`source`)."""

    rule: Rule
    source: str


def faded(rule: Rule, time: float) -> float:
    """Return what is left of a rule's count at an event time; before `as_of` it counts whole.

    >>> faded(Rule("card", "c1", Effect.BOOST, count=2.0, as_of=0.0, half_life_s=60.0), 60.0)
    1.0
    """
    return entity_risk.faded(rule.count, time - rule.as_of, rule.half_life_s)


def whole(rule: Rule, time: float) -> float:
    """Return a rule's count of confirmed frauds at an event time: whole for `WHOLE_S`, then 0.

    >>> one = Rule("card", "c1", Effect.BOOST, count=2.0, as_of=0.0)
    >>> whole(one, WHOLE_S - 1.0), whole(one, WHOLE_S)
    (2.0, 0.0)
    """
    return rule.count if time < rule.as_of + WHOLE_S else 0.0


def rules_to_bytes(rules: Iterable[Rule]) -> bytes:
    """Return rules as the part of an entry."""
    return msgspec.json.encode(list(rules))


def read_rules(entry: Entry) -> tuple[Placed, ...]:
    """Return the rules of an entry.

    Raises:
        MalformedEntry: They cannot be read, or have an effect that the entry's kind does not allow.
    """
    try:
        rules = msgspec.json.decode(entry.parts.get(RULES, b""), type=list[Rule])
    except UNDECODABLE as error:
        raise MalformedEntry(f"{entry.key.decode()}: rules cannot be read: {error}") from error
    allowed = ALLOWED[entry.kind]
    if wrong := {rule.effect for rule in rules} - allowed:
        raise MalformedEntry(
            f"{entry.key.decode()}: effects {sorted(wrong)}, allowed in a {entry.kind} are {sorted(allowed)}"
        )
    if any(rule.entity == EVERY and (rule.key != EVERY or not rule.scorer) for rule in rules):
        raise MalformedEntry(f"{entry.key.decode()}: a suppression for all entities names one scorer")
    most = max(Counter((rule.entity, rule.key) for rule in rules).values(), default=0)
    if most > MOST_OF_ONE:
        raise MalformedEntry(f"{entry.key.decode()}: {most} rules of one entity, allowed are {MOST_OF_ONE}")
    return tuple(Placed(rule, entry.key.decode()) for rule in rules)


def blocks_by_risk(placed: Placed) -> bool:
    """Return whether confirmed frauds, and not a list, block the entity."""
    return placed.rule.effect is Effect.BLOCK and placed.source.startswith(f"{Kind.RISK}/")
