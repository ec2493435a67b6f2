"""Keeps what confirmed frauds reveal about entities, as the control log does live."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles
from meta.confirmed_frauds import ConfirmedFrauds, KnownRisk, assess_frauds
from meta.entity_counts import Count, Entity, RecentShares, doubts_of
from meta.entity_risk import boost, boosts_of_rows
from replay.survey import DAY_S
from replay.traffic import TrafficRows


@dataclass
class EntityRules:
    """Counts of confirmed frauds, and blocks. An entity is the column of its key, and the key's hash.

    Attributes:
        budget: Share of genuine traffic that all blocks together may meet, 0 to 1.
        half_life_days: Days after which half of a count is left.
        block_days: Days of a block, from the newest fraud on.
    """

    budget: float
    half_life_days: float = 14.0
    block_days: float = 28.0
    _boosts: dict[Entity, list[Count]] = field(default_factory=dict)
    _watched: dict[Entity, list[Count]] = field(default_factory=dict)
    _until: dict[Entity, float] = field(default_factory=dict)

    def confirm(
        self, frauds: TrafficRows, recent: TrafficRows, per_day: float | None, *, of_one_pattern: bool
    ) -> None:
        """Take in confirmed frauds.

        Args:
            frauds: The transactions, one or more.
            recent: Recent traffic, without known frauds.
            per_day: Transactions a day; None before a day of them is known.
            of_one_pattern: Whether at least half of the cards must have been at an entity that is blocked.
        """
        rows, shares = _rows(frauds), _shares(recent, per_day)
        blocked = self._blocked(float(frauds.seconds.max()))
        found = assess_frauds(
            ConfirmedFrauds([keys for keys, _ in rows], [time for _, time in rows]),
            KnownRisk(self._watched, self._shares_of(blocked, shares)),
            shares,
            budget=self.budget,
            half_life_s=self.half_life_days * DAY_S,
            of_one_pattern=of_one_pattern,
        )
        for kept, counts in ((self._boosts, found.boosts), (self._watched, found.watched)):
            for count in counts:
                kept.setdefault(count.entity, []).append(count)
        for suspect in found.blocks:
            self._until[suspect.entity] = suspect.last + self.block_days * DAY_S

    def clear(self, genuine: TrafficRows) -> None:
        """Take in transactions found genuine: each halves the count of a blocked entity of it."""
        if not len(genuine):
            return
        blocked = self._blocked(float(genuine.seconds.max()))
        half_life_s = self.half_life_days * DAY_S
        for doubt in doubts_of(_rows(genuine), blocked, self._watched, half_life_s=half_life_s):
            self._watched.setdefault(doubt.change.entity, []).append(doubt.change)
            if doubt.lifts_block:
                self._until[doubt.change.entity] = doubt.change.as_of

    def boosts(self, traffic: TrafficRows) -> Doubles:
        """Return the surprise that each row's card adds when the row is scored, float64 (n,)."""
        out = np.zeros(len(traffic))
        for rows, counts in self._rows_of_cards(traffic):
            for row in rows.tolist():
                out[row] = boost(sum(count.left(traffic.seconds[row]) for count in counts))
        return out

    def boosts_now(self, traffic: TrafficRows) -> Doubles:
        """Return the surprise that each row's card adds as of the newest row, float64 (n,)."""
        newest = float(np.max(traffic.seconds, initial=0.0))
        cards = self._rows_of_cards(traffic)
        return boosts_of_rows(
            ((rows, sum(count.left(newest) for count in counts)) for rows, counts in cards), len(traffic)
        )

    def blocked(self, traffic: TrafficRows) -> NDArray[np.bool_]:
        """Return whether an entity of each row is blocked, bool (n,)."""
        out = np.zeros(len(traffic), bool)
        begins = float(np.min(traffic.seconds, initial=np.inf))
        for kind, key in self._blocked(begins):
            until = self._until[kind, key]
            out |= (traffic.keys[:, kind] == np.uint64(key)) & (traffic.seconds < until)
        return out

    def cost(self, recent: TrafficRows, per_day: float | None) -> float:
        """Return the share of traffic that is genuine and meets what is blocked now, 0 to 1."""
        blocked = self._blocked(float(recent.seconds.max()))
        shares = self._shares_of(blocked, _shares(recent, per_day))
        return sum(share for _, share in sorted(shares.items()))

    def _blocked(self, time: float) -> set[Entity]:
        return {entity for entity, until in self._until.items() if until > time}

    def _shares_of(self, blocked: set[Entity], shares: RecentShares) -> dict[Entity, float]:
        return {entity: shares.genuine(entity, self._watched.get(entity, ())) for entity in blocked}

    def _rows_of_cards(self, traffic: TrafficRows) -> list[tuple[NDArray[np.intp], list[Count]]]:
        """Return the rows of each card with confirmed frauds, and its counts."""
        order = np.argsort(traffic.card, kind="stable")
        cards = traffic.card[order]
        keys = np.array([key for _, key in self._boosts], np.uint64)
        first, last = np.searchsorted(cards, keys), np.searchsorted(cards, keys, "right")
        counts = self._boosts.values()
        return [(order[a:b], own) for a, b, own in zip(first, last, counts, strict=True) if b > a]


def _rows(traffic: TrafficRows) -> list[tuple[dict[int, int], float]]:
    """Return the keys of each row by column, and its event time."""
    keys = [dict(enumerate(row)) for row in traffic.keys.tolist()]
    return list(zip(keys, traffic.seconds.tolist(), strict=True))


def _shares(recent: TrafficRows, per_day: float | None) -> RecentShares:
    def share_of(kind: int, key: int) -> float:
        return int(np.count_nonzero(recent.keys[:, kind] == np.uint64(key))) / max(len(recent), 1)

    return RecentShares(share_of, per_day)
