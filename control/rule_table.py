"""Finds the rules of a batch's entities; a batch that meets none costs almost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from control.keyed_map import KeyedMap
from control.rules import EVERY, Effect, Placed, blocks_by_risk, faded
from features.byte_strings import ByteStrings
from features.hashing import hash_strings

Place = tuple[str, str]
"""Kind and key of an entity."""

_STALE = 1_024  # hashes of keys without rules that are kept at least, before the hashes are counted again


@dataclass(frozen=True)
class KeysOfEntity:
    """Rules of one kind of entity.

    Attributes:
        hashes: Ascending hashes of the keys; those of keys whose rules are gone may be among them.
        rules: Rules by key, of at least one key.
    """

    hashes: NDArray[np.uint64]
    rules: KeyedMap[bytes, tuple[Placed, ...]]

    @classmethod
    def of(cls, rules: KeyedMap[bytes, tuple[Placed, ...]]) -> KeysOfEntity:
        """Index `rules`."""
        return cls(np.unique(hash_strings(ByteStrings.from_list(list(rules)))), rules)

    def having(self, key: bytes, rules: tuple[Placed, ...]) -> KeysOfEntity | None:
        """Return a copy in which `key` has `rules`; None where no key has any then."""
        if not rules:
            left = self.rules.without(key)
            if not left:
                return None
            if len(self.hashes) > 2 * len(left) + _STALE:
                return KeysOfEntity.of(left)
            return KeysOfEntity(self.hashes, left)
        hashes = self.hashes
        if key not in self.rules:
            (found,) = hash_strings(ByteStrings.from_list([key]))
            hashes = np.insert(hashes, np.searchsorted(hashes, found), found)
        return KeysOfEntity(hashes, self.rules.having(key, rules))

    def rows(self, keys: ByteStrings) -> NDArray[np.intp]:
        """Return the rows whose key may have a rule: hashes can collide."""
        hashes = hash_strings(keys)
        place = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.flatnonzero(self.hashes[place] == hashes)


@dataclass(frozen=True)
class RuleTable:
    """Rules in force, in the order of the entries that hold them. Immutable.

    Attributes:
        by_entity: Rules that batches look up, by kind of entity.
        watched: Rules that only count, by kind and key; no batch looks them up.
        counting: Rules that count confirmed frauds, boosts and watches, by kind of entity: for links.
        held: All rules by kind and key, also blocks that a later one replaces.
    """

    by_entity: Mapping[str, KeysOfEntity] = field(default_factory=dict)
    watched: KeyedMap[Place, tuple[Placed, ...]] = field(default_factory=KeyedMap)
    counting: Mapping[str, KeysOfEntity] = field(default_factory=dict)
    held: KeyedMap[Place, tuple[Placed, ...]] = field(default_factory=KeyedMap)

    @classmethod
    def of(cls, placed: Iterable[Placed]) -> RuleTable:
        """Index rules.

        Rules of one key keep their order, so that sums are equal to the bit. Of the blocks that risk put on
        an entity only the last counts: it extends or lifts the earlier ones.
        """
        held: dict[Place, list[Placed]] = {}
        for one in placed:
            held.setdefault((one.rule.entity, one.rule.key), []).append(one)
        met: dict[str, list[tuple[bytes, tuple[Placed, ...]]]] = {}
        counting: dict[str, list[tuple[bytes, tuple[Placed, ...]]]] = {}
        watched = []
        for place, rules in held.items():
            if counts := _counting(rules):
                counting.setdefault(place[0], []).append((place[1].encode(), counts))
            of_batches, counted = _split(rules)
            if of_batches:
                met.setdefault(place[0], []).append((place[1].encode(), of_batches))
            if counted:
                watched.append((place, counted))
        return cls(
            {entity: KeysOfEntity.of(KeyedMap.of(rules)) for entity, rules in met.items()},
            KeyedMap.of(watched),
            {entity: KeysOfEntity.of(KeyedMap.of(rules)) for entity, rules in counting.items()},
            KeyedMap.of((place, tuple(rules)) for place, rules in held.items()),
        )

    def replaced(self, before: Iterable[Placed], after: Iterable[Placed]) -> RuleTable:
        """Return the table with the rules of the latest entry: the cost depends on what changes alone.

        Args:
            before: Rules that the entry held so far.
            after: Rules that it holds now. They come after those of all other entries.
        """
        gone, come = _by_place(before), _by_place(after)
        table = self
        for place in gone | come:
            table = table._with_place(place, gone.get(place, ()), come.get(place, ()))
        return table

    def __len__(self) -> int:
        """Return the number of entities that batches look up."""
        return sum(len(keys.rules) for keys in self.by_entity.values())

    @property
    def silenced(self) -> tuple[Placed, ...]:
        """Return the suppressions of scorers for all entities."""
        known = self.by_entity.get(EVERY)
        return () if known is None else known.rules.get(EVERY.encode(), ())

    def blocked(self, time: float, *, apart_from: str = "", by_risk: bool = False) -> set[Place]:
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
            if not by_risk or blocks_by_risk(one)
            if one.rule.until is None or one.rule.until > time
        }

    def frauds(self, time: float) -> dict[Place, float]:
        """Return the faded confirmed frauds of boosted entities at an event time, ordered by kind and key."""
        found = {
            (entity, key.decode()): sum(faded(one.rule, time) for one in boosts)
            for entity, keys in self.by_entity.items()
            for key, rules in keys.rules.items()
            if (boosts := [one for one in rules if one.rule.effect is Effect.BOOST])
        }
        return dict(sorted(found.items()))

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
            yield from _met_by(self.by_entity.get(entity), of_entity)

    def counted_by(self, entity: str, keys: ByteStrings) -> Iterator[tuple[int, tuple[Placed, ...]]]:
        """Yield the rows whose entity of a kind has confirmed frauds, with the rules that count them.

        Args:
            entity: Kind of the entity.
            keys: Its n keys.

        Yields:
            Row and rules.
        """
        yield from _met_by(self.counting.get(entity), keys)

    def _with_place(self, place: Place, gone: tuple[Placed, ...], come: tuple[Placed, ...]) -> RuleTable:
        held = self.held.get(place, ())
        if gone:
            sources = {one.source for one in gone}
            held = tuple(one for one in held if one.source not in sources)
        held = (*held, *come)
        met, counted = _split(held)
        return RuleTable(
            _with_rules(self.by_entity, place, met),
            self.watched.having(place, counted) if counted else self.watched.without(place),
            _with_rules(self.counting, place, _counting(held)),
            self.held.having(place, held) if held else self.held.without(place),
        )


def _with_rules(
    index: Mapping[str, KeysOfEntity], place: Place, rules: tuple[Placed, ...]
) -> Mapping[str, KeysOfEntity]:
    entity, key = place[0], place[1].encode()
    known = index.get(entity)
    if known is None and not rules:
        return index
    changed = known.having(key, rules) if known else KeysOfEntity.of(KeyedMap.of([(key, rules)]))
    others = {name: keys for name, keys in index.items() if name != entity}
    return others if changed is None else {**others, entity: changed}


def _met_by(known: KeysOfEntity | None, keys: ByteStrings) -> Iterator[tuple[int, tuple[Placed, ...]]]:
    if known is None or not len(keys):
        return
    rows = known.rows(keys)
    for row, key in zip(rows.tolist(), keys.take(rows).to_list(), strict=True):
        if key is not None and key in known.rules:
            yield row, known.rules[key]


def _counting(rules: Iterable[Placed]) -> tuple[Placed, ...]:
    """Return the rules of one entity that count its confirmed frauds."""
    return tuple(one for one in rules if one.rule.effect in (Effect.BOOST, Effect.WATCH))


def _split(rules: Iterable[Placed]) -> tuple[tuple[Placed, ...], tuple[Placed, ...]]:
    """Return the rules of one entity that batches meet, and those that only count."""
    ordered = list(rules)
    last = max((at for at, one in enumerate(ordered) if blocks_by_risk(one)), default=None)
    met = [one for at, one in enumerate(ordered) if at == last or not blocks_by_risk(one)]
    watch = Effect.WATCH
    return (
        tuple(one for one in met if one.rule.effect is not watch),
        tuple(one for one in met if one.rule.effect is watch),
    )


def _by_place(placed: Iterable[Placed]) -> dict[Place, tuple[Placed, ...]]:
    found: dict[Place, list[Placed]] = {}
    for one in placed:
        found.setdefault((one.rule.entity, one.rule.key), []).append(one)
    return {place: tuple(rules) for place, rules in found.items()}
