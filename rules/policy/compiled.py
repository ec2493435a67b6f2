"""The decision policy in force, compiled: two bounds for each transaction of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from rules.evaluation import NamedList, Rows
from rules.policy.definition import DecisionPolicy, ReadPolicy
from rules.rule_set import RuleSet
from rules.vocabulary import Vocabulary

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RowBounds:
    """Bounds of n transactions.

    Attributes:
        segment: Place of each one's segment among those of the policy; their number for `otherwise`, (n,).
        review: What is over it is reviewed or declined, float64 (n,).
        decline: What is over `review` and at least this is declined, float64 (n,).
    """

    segment: npt.NDArray[np.int32]
    review: Doubles
    decline: Doubles


@dataclass(frozen=True)
class CompiledPolicy:
    """A decision policy that scores can be compared with.

    Attributes:
        definition: As it was saved.
        conditions: Conditions of the segments that can be evaluated.
    """

    definition: DecisionPolicy
    conditions: RuleSet

    @classmethod
    def of(cls, policy: ReadPolicy, vocabulary: Vocabulary, before: CompiledPolicy | None) -> CompiledPolicy:
        """Bind and compile a policy. A segment whose condition cannot be bound matches nothing.

        Args:
            policy: The policy.
            vocabulary: The names that there are.
            before: The policy of before; what it bound with the same names is taken over.
        """
        held = before.conditions if before is not None else None
        return cls(policy.definition, RuleSet.of(policy.conditions, vocabulary, held))

    @property
    def dormant(self) -> dict[str, str]:
        """Return why a segment is not evaluated, by its name."""
        segments = self.definition.segments
        return {
            segments[int(identity.removeprefix("segment-"))].name: why
            for identity, why in self.conditions.dormant.items()
        }

    @cached_property
    def _places(self) -> npt.NDArray[np.int32]:
        """Place of the segment of each condition; the last is of transactions that match none."""
        orders = [rule.definition.order for rule in self.conditions.live]
        return np.array([*orders, len(self.definition.segments)], np.int32)

    @cached_property
    def _review(self) -> Doubles:
        """Bound of each segment; scores must be over it, so it is the number below. NaN for the budget's."""
        bounds = [one.review_from for _, one in self.definition.named()]
        return np.array([np.nan if b is None else np.nextafter(b, -np.inf) for b in bounds])

    @cached_property
    def _decline(self) -> Doubles:
        bounds = [one.decline_from for _, one in self.definition.named()]
        return np.array([np.inf if b is None else b for b in bounds])

    @property
    def has_own_review(self) -> bool:
        """Whether any segment has a review bound of its own."""
        return not bool(np.isnan(self._review).all())

    def bounds(
        self, rows: Rows, cards: ByteStrings, lists: Mapping[str, NamedList], threshold: float
    ) -> RowBounds:
        """Return the bounds of n transactions; a row's result is the same in any batch.

        Args:
            rows: The transactions.
            cards: Keys of the primary entity.
            lists: All lists, by name.
            threshold: The surprise over which the budget reviews.
        """
        segment = self._places[self.conditions.match(rows, cards, lists).first]
        review = np.where(np.isnan(self._review), threshold, self._review)
        return RowBounds(segment, review[segment], self._decline[segment])
