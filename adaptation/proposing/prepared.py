"""Recent traffic scored by all that is in force, ahead of time: what is left for an episode is little."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from control.rules import RuleTable
from meta.adapters.protocol import Adapter
from meta.arrays import Doubles
from meta.calibration import combine
from meta.entity_risk import boost
from meta.known_stack import KnownStack
from meta.live import LiveDetector
from meta.reservoir import Reservoir
from meta.risk_share import choose_risk_share
from meta.stack import ScoringStack
from storage.traffic_sample import TrafficSample

Rows = NDArray[np.intp]

COMMON = 0.01
"""An entity with more than this share of the rows (a large merchant) is ordinary traffic, not the pattern."""


@dataclass(frozen=True)
class Index:
    """Where an entity and a transaction stand among the rows."""

    entities: dict[tuple[str, str], list[int]]
    ids: dict[str, int]

    @classmethod
    def of(cls, sample: TrafficSample, order: Rows) -> Index:
        """Index the rows of `sample` taken in `order`."""
        entities: dict[tuple[str, str], list[int]] = {}
        ids: dict[str, int] = {}
        for row, place in enumerate(order.tolist()):
            ids[sample.transaction_ids[place]] = row
            for pair in sample.entities[place].items():
                entities.setdefault(pair, []).append(row)
        return cls(entities, ids)

    def boosts(self, rules: RuleTable, sample: TrafficSample) -> Doubles:
        """Surprise that confirmed frauds of its entities add to each row in full, as of the newest (n,)."""
        raised = np.zeros(len(sample))
        for pair, frauds in rules.frauds(float(np.max(sample.event_time, initial=0.0))).items():
            rows = self.entities.get(pair, [])
            raised[rows] = np.maximum(raised[rows], boost(frauds))
        return raised


class Prepared:
    """A sample of recent traffic under one stack, indexed by what an episode may share with it."""

    def __init__(
        self,
        sample: TrafficSample,
        stack: ScoringStack,
        adapter: Adapter,
        before: Prepared | None = None,
        *,
        rules: RuleTable | None = None,
        risk_share: float = 1.0,
    ) -> None:
        """Score `sample`; what `before` has scored already, under the same base and tails, is taken over.

        `rules` raise the rows of entities with confirmed frauds, by `risk_share` of their boost.
        """
        self.sample, self.stack, self.adapter = sample, stack, adapter
        known = before if before and before.sample is sample and before.fits(stack) else None
        # In no order: a part of it, from the front, is then as spread over time as the whole.
        self._order = np.random.default_rng(0).permutation(len(sample))
        self.reservoir: Reservoir = known.reservoir if known else self._score()
        self.reservoir.prepare(adapter)
        self._columns = {live.detector.content_hash: self._column(live, known) for live in stack.detectors}
        self._index: Index = known._index if known else Index.of(sample, self._order)
        self.boosts = self._index.boosts(rules, sample) if rules else np.zeros(len(sample))
        self.risk_share = risk_share

    def __len__(self) -> int:
        return len(self.sample)

    @cached_property
    def joint(self) -> Doubles:
        """Surprise that decides, under the stack, float64 (n,)."""
        columns = [self._columns[live.detector.content_hash] for live in self.stack.detectors]
        surprises = np.column_stack([self.reservoir.base_surprise, *columns])
        return combine(surprises, self.stack.shifts)

    def share_of(self, entity: str, key: str) -> float:
        """Share of recent traffic that an entity has, 0 to 1."""
        return len(self._index.entities.get((entity, key), ())) / max(len(self), 1)

    def risk_share_within(self, rows: Rows, budget: float) -> float:
        """The scale of boosts in force, or a smaller one where those flagged since would fill the budget."""
        joint = self.joint[rows][:, None]
        return min(self.risk_share, choose_risk_share(joint, np.zeros(1), self.boosts[rows], budget).share)

    def part(self, rows: Rows, risk_share: float) -> KnownStack:
        """The stack with a reservoir of these rows, which it has scored already, raised by `risk_share`."""
        columns = {key: column[rows] for key, column in self._columns.items()}
        stack = self.stack
        return KnownStack(
            stack.base,
            stack.base_tails,
            stack.detectors,
            stack.base_shift,
            reservoir=self.reservoir.part(rows, risk_share * self.boosts[rows]),
            columns=columns,
        )

    def apart_from(self, entities: Iterable[tuple[str, str]], ids: Iterable[str], before: float) -> Rows:
        """Rows that share no rare entity with an episode, are none of its own, and happened before it."""
        keep = self.sample.event_time[self._order] < before
        for pair in entities:
            rows = self._index.entities.get(pair, [])
            if len(rows) <= COMMON * len(self):
                keep[rows] = False
        keep[[self._index.ids[identity] for identity in ids if identity in self._index.ids]] = False
        return np.flatnonzero(keep)

    def _score(self) -> Reservoir:
        return Reservoir(self.sample.features[self._order], self.stack.base, self.stack.base_tails)

    def _column(self, live: LiveDetector, known: Prepared | None) -> Doubles:
        column = known._columns.get(live.detector.content_hash) if known else None
        return self.reservoir.surprise_of(live) if column is None else column

    def fits(self, stack: ScoringStack | None) -> bool:
        """Whether the rows are scored by the base of `stack`, with its tails."""
        return (
            stack is not None and self.stack.base is stack.base and self.stack.base_tails is stack.base_tails
        )
