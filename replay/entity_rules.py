"""What confirmed frauds say of their entities, as live: cards are watched more closely, others blocked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.entity_risk import LEAST_DAYS, affordable, boost, doubted, faded, genuine_traffic, is_suspect
from replay.survey import DAY_S
from replay.traffic import TrafficRows

V = TypeVar("V")
Key = tuple[int, int]  # entity by its place, hash of its key


@dataclass
class EntityRules:
    """Counts of confirmed frauds that halve in `half_life_days`; blocks end `block_days` after the last."""

    budget: float
    half_life_days: float = 14.0
    block_days: float = 28.0
    _count: dict[Key, tuple[float, float]] = field(default_factory=dict)
    _until: dict[Key, float] = field(default_factory=dict)
    _frauds: dict[Key, float] = field(default_factory=dict)  # confirmed so far, none faded
    _first: dict[Key, float] = field(default_factory=dict)  # seconds of the first of them

    def confirm(self, frauds: TrafficRows, recent: TrafficRows, *, of_one_pattern: bool) -> None:
        """Take in confirmed frauds; of one pattern, half of the cards must share what is to be blocked.

        An entity that is no card counts each card once; what a block explains says nothing of the card. All
        that is blocked at a time is expected to hold no more genuine traffic than the budget, going by
        `recent` traffic.
        """
        least = len(np.unique(frauds.card)) / 2 if of_one_pattern else 0.0
        suspects = []
        for entity in range(1, frauds.keys.shape[1]):
            for key in np.unique(frauds.keys[:, entity]).tolist():
                at = frauds.keys[:, entity] == key
                last = float(frauds.seconds[at].max())
                count = self._add((entity, key), float(len(np.unique(frauds.card[at]))), last)
                if is_suspect(count) and count >= least:
                    suspects.append((-count, self._genuine((entity, key), recent), (entity, key), last))
        self._block(suspects, recent)
        self._count_cards(frauds.where(~self.blocked(frauds)))

    def clear(self, genuine: TrafficRows) -> None:
        """Take in transactions found genuine: each halves what is held against a blocked entity of it."""
        for entity in range(1, genuine.keys.shape[1]):
            for key in np.unique(genuine.keys[:, entity]).tolist():
                at, place = genuine.keys[:, entity] == key, (entity, key)
                now = float(genuine.seconds[at].max())
                if self._until.get(place, 0.0) <= now:
                    continue
                count, as_of = self._count[place]
                left = doubted(faded(count, now - as_of, self.half_life_days * DAY_S), int(at.sum()))
                self._count[place] = left, max(now, as_of)
                if not is_suspect(left):
                    self._until[place] = now

    def boosts(self, traffic: TrafficRows) -> Doubles:
        """Surprise that each row's card adds (n,)."""
        out = np.zeros(len(traffic))
        for row, (count, as_of) in self._hits(traffic, 0, self._count):
            out[row] = boost(faded(count, traffic.seconds[row] - as_of, self.half_life_days * DAY_S))
        return out

    def blocked(self, traffic: TrafficRows) -> NDArray[np.bool_]:
        """Whether an entity of each row is blocked (n,)."""
        out = np.zeros(len(traffic), bool)
        for entity in range(1, traffic.keys.shape[1]):
            for row, until in self._hits(traffic, entity, self._until):
                out[row] |= traffic.seconds[row] < until
        return out

    def cost(self, recent: TrafficRows) -> float:
        """Share of traffic that is genuine and expected to meet what is blocked now, 0 to 1."""
        now = float(recent.seconds[-1])
        return sum(self._genuine(key, recent) for key, until in self._until.items() if until > now)

    def _count_cards(self, frauds: TrafficRows) -> None:
        for card in np.unique(frauds.card).tolist():
            at = frauds.card == card
            self._add((0, card), float(at.sum()), float(frauds.seconds[at].max()))

    def _add(self, key: Key, number: float, last: float) -> float:
        """Count at the time of the last fraud, what was known before faded to it."""
        count, as_of = self._count.get(key, (0.0, last))
        half_life = self.half_life_days * DAY_S
        newest = max(last, as_of)
        total = faded(count, newest - as_of, half_life) + faded(number, newest - last, half_life)
        self._count[key] = total, newest
        self._frauds[key] = self._frauds.get(key, 0.0) + number
        self._first[key] = min(last, self._first.get(key, last))
        return total

    def _genuine(self, key: Key, recent: TrafficRows) -> float:
        """Share of traffic that is genuine and passes an entity with confirmed frauds, as expected."""
        share = float(np.mean(recent.keys[:, key[0]] == key[1]))
        days = (self._count[key][1] - self._first[key]) / DAY_S
        per_day = len(recent) / max(float(np.ptp(recent.seconds)) / DAY_S, LEAST_DAYS)
        return genuine_traffic(share, per_day, self._frauds[key], days)

    def _block(self, suspects: list[tuple[float, float, Key, float]], recent: TrafficRows) -> None:
        """Most cards first; blocks in force go on, and are prolonged at no cost."""
        suspects.sort()
        now = float(recent.seconds[-1])
        standing = {key for key, until in self._until.items() if until > now}
        left = self.budget - self.cost(recent)
        new = [0.0 if key in standing else share for _, share, key, _ in suspects]
        for fits, (_, _, key, last) in zip(affordable(new, left), suspects, strict=True):
            if fits:
                self._until[key] = max(self._until.get(key, 0.0), last + self.block_days * DAY_S)

    @staticmethod
    def _hits(traffic: TrafficRows, entity: int, by_key: dict[Key, V]) -> list[tuple[int, V]]:
        known = np.array([key for place, key in by_key if place == entity], np.uint64)
        column = traffic.keys[:, entity]
        return [
            (row, by_key[entity, int(column[row])]) for row in np.flatnonzero(np.isin(column, known)).tolist()
        ]
