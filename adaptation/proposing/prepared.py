"""A sample of stored traffic, scored ahead of time and indexed by what an episode may share with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from control.rule_table import RuleTable
from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Rows
from meta.entity_risk import boosts_of_rows
from meta.episode import Traces
from meta.reservoir import Reservoir
from meta.scored_traffic import ScoredTraffic, spread_order
from meta.stack import ScoringStack
from storage.traffic_sample import TrafficSample


@dataclass(frozen=True)
class Index:
    """Finds the rows of an entity, as (kind, key), and the row of a transaction id."""

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

    def rows_of(self, entity: tuple[str, str]) -> Rows:
        """Return the rows of an entity, ascending."""
        return np.array(self.entities.get(entity, ()), np.intp)


class Prepared:
    """A sample under one stack, ready for an episode.

    Args:
        sample: Recent traffic without the label fraud.
        stack: Base and detectors in force.
        adapter: Adapter whose detectors will be scored on the sample.
        before: What was prepared before. Its scores are reused where sample, base and tails are the same.
        rules: Rules in force; those of entities with confirmed frauds raise their rows.
        risk_share: Part of the boosts that is in force, 0 to 1.

    Attributes:
        traffic: The rows under the stack, in the order of `meta.scored_traffic.spread_order`.
        event_time: Event time of those rows, float64 (n,), seconds since 1970.
    """

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
        self.sample, self.stack, self.adapter = sample, stack, adapter
        known = before if before and before.sample is sample and before.fits(stack) else None
        order = self._order = spread_order(len(sample))
        self.event_time = sample.event_time[order]
        self._index: Index = known._index if known else Index.of(sample, order)
        reservoir = known.traffic.reservoir if known else _reservoir(sample, order, stack)
        reservoir.prepare(adapter)
        self.traffic: ScoredTraffic = ScoredTraffic.of(
            reservoir,
            stack,
            boosts=self._boosts(rules) if rules else None,
            risk_share=risk_share,
            known=known.traffic.columns if known else None,
        )

    def __len__(self) -> int:
        return len(self.sample)

    def in_order(self, values: Doubles) -> Doubles:
        """Return values of the sample's rows in the order of `traffic`, float64 (n,)."""
        return values[self._order]

    def share_of(self, entity: str, key: str) -> float:
        """Return the share of recent traffic that an entity has, 0 to 1."""
        return len(self._index.entities.get((entity, key), ())) / max(len(self), 1)

    def ids_of(self, rows: Rows) -> tuple[str, ...]:
        """Return the transaction ids of rows of `traffic`."""
        return tuple(self.sample.transaction_ids[place] for place in self._order[rows].tolist())

    def traces(self, entities: Iterable[tuple[str, str]], ids: Iterable[str], began: float) -> Traces:
        """Return where an episode meets the sample.

        Args:
            entities: Kinds and keys of the entities of the flagged transactions.
            ids: Transactions of the episode.
            began: Event time of the earliest flagged transaction, seconds since 1970.
        """
        own = [self._index.ids[identity] for identity in ids if identity in self._index.ids]
        return Traces([self._index.rows_of(pair) for pair in entities], np.array(own, np.intp), began)

    def fits(self, stack: ScoringStack | None) -> bool:
        """Return whether the rows are scored by the base of `stack`, with its tails."""
        return (
            stack is not None and self.stack.base is stack.base and self.stack.base_tails is stack.base_tails
        )

    def _boosts(self, rules: RuleTable) -> Doubles:
        """Boosts of the rows as of the newest transaction."""
        newest = float(np.max(self.sample.event_time, initial=0.0))
        frauds = rules.frauds(newest).items()
        return boosts_of_rows(((self._index.rows_of(pair), count) for pair, count in frauds), len(self))


def _reservoir(sample: TrafficSample, order: Rows, stack: ScoringStack) -> Reservoir:
    return Reservoir(sample.features[order], stack.base, stack.base_tails)
