"""Rules of single entities: risk of confirmed fraud, allow and block lists, suppressed alerts.

A rule names one entity by kind and key. Entries of the kinds risk, list and suppression hold rules as JSON.
`RuleTable` finds the rules of a batch's entities; a batch without any costs almost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from control.entry import Entry, Kind
from control.errors import MalformedEntry
from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from meta import entity_risk

RULES = "rules"
"""Name of the part that holds rules."""

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
    except msgspec.DecodeError as error:
        raise MalformedEntry(f"{entry.key.decode()}: rules cannot be read: {error}") from error
    allowed = ALLOWED[entry.kind]
    if wrong := {rule.effect for rule in rules} - allowed:
        raise MalformedEntry(
            f"{entry.key.decode()}: effects {sorted(wrong)}, allowed in a {entry.kind} are {sorted(allowed)}"
        )
    return tuple(Placed(rule, entry.key.decode()) for rule in rules)


@dataclass(frozen=True)
class _Keys:
    """Rules of one kind of entity by key, and the ascending hashes of the keys."""

    hashes: NDArray[np.uint64]
    rules: dict[bytes, tuple[Placed, ...]]

    @classmethod
    def of(cls, placed: Iterable[Placed]) -> _Keys:
        by_key: dict[bytes, tuple[Placed, ...]] = {}
        for one in placed:
            key = one.rule.key.encode()
            by_key[key] = (*by_key.get(key, ()), one)
        return cls(np.unique(hash_strings(ByteStrings.from_list(list(by_key)))), by_key)

    def rows(self, keys: ByteStrings) -> NDArray[np.intp]:
        """Return the rows whose key may have a rule: hashes can collide."""
        hashes = hash_strings(keys)
        place = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.flatnonzero(self.hashes[place] == hashes)


@dataclass(frozen=True)
class RuleTable:
    """Rules in force, in the order of the entries that hold them.

    Attributes:
        by_entity: Rules that batches look up, by kind of entity.
        watched: Rules that only count, by kind and key; no batch looks them up.
    """

    by_entity: dict[str, _Keys]
    watched: dict[tuple[str, str], tuple[Placed, ...]]

    @classmethod
    def of(cls, placed: Iterable[Placed]) -> RuleTable:
        """Index rules.

        Rules of one key keep their order, so that sums are equal to the bit. Of the blocks that risk put on
        an entity only the last counts: it extends or lifts the earlier ones.
        """
        groups: dict[str, list[Placed]] = {}
        watched: dict[tuple[str, str], tuple[Placed, ...]] = {}
        for one in _newest_blocks(tuple(placed)):
            rule = one.rule
            if rule.effect is Effect.WATCH:
                place = rule.entity, rule.key
                watched[place] = (*watched.get(place, ()), one)
            else:
                groups.setdefault(rule.entity, []).append(one)
        return cls({entity: _Keys.of(rules) for entity, rules in groups.items()}, watched)

    def __len__(self) -> int:
        return sum(len(keys.rules) for keys in self.by_entity.values())

    def blocked(self, time: float, *, apart_from: str = "", by_risk: bool = False) -> set[tuple[str, str]]:
        """Return the entities that are blocked at an event time, as kind and key.

        Args:
            time: Event time, seconds since 1970.
            apart_from: Kind and id of an entry whose rules are ignored.
            by_risk: Return only what confirmed frauds have blocked, and nothing from lists.
        """
        return {
            (entity, key.decode())
            for entity, keys in self.by_entity.items()
            for key, rules in keys.rules.items()
            for one in rules
            if one.rule.effect is Effect.BLOCK and one.source != apart_from
            if not by_risk or _blocks_by_risk(one)
            if one.rule.until is None or one.rule.until > time
        }

    def frauds(self, time: float) -> dict[tuple[str, str], float]:
        """Return the faded confirmed frauds of boosted entities at an event time, by kind and key."""
        return {
            (entity, key.decode()): sum(faded(one.rule, time) for one in boosts)
            for entity, keys in self.by_entity.items()
            for key, rules in keys.rules.items()
            if (boosts := [one for one in rules if one.rule.effect is Effect.BOOST])
        }

    def met_by(
        self, entities: Iterable[str], keys: Iterable[ByteStrings]
    ) -> Iterator[tuple[int, tuple[Placed, ...]]]:
        """Yield the rows of a batch that meet rules, with the rules.

        Args:
            entities: Kinds of entities.
            keys: The n keys of each kind.

        Yields:
            Row and rules, once for each of the row's entities that has rules.
        """
        for entity, of_entity in zip(entities, keys, strict=True):
            known = self.by_entity.get(entity)
            if known is None or not len(of_entity):
                continue
            rows = known.rows(of_entity)
            for row, key in zip(rows.tolist(), of_entity.take(rows).to_list(), strict=True):
                if key is not None and key in known.rules:
                    yield row, known.rules[key]


def _newest_blocks(placed: Sequence[Placed]) -> Iterator[Placed]:
    """Yield all rules, but of the blocks by risk only the last of each entity."""
    last: dict[tuple[str, str], int] = {}
    for place, one in enumerate(placed):
        if _blocks_by_risk(one):
            last[one.rule.entity, one.rule.key] = place
    for place, one in enumerate(placed):
        if not _blocks_by_risk(one) or last[one.rule.entity, one.rule.key] == place:
            yield one


def _blocks_by_risk(placed: Placed) -> bool:
    return placed.rule.effect is Effect.BLOCK and placed.source.startswith(f"{Kind.RISK}/")
