"""Review bounds that segments of the decision policy in force give to stored transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from features.columns import NO_CURRENCY, currency_code
from meta.arrays import Doubles, Floats
from rules.evaluation import Rows

_NO_CARDS = ByteStrings.from_list([])


class StoredRow(Protocol):
    """A stored transaction, as far as segments read it."""

    @property
    def features(self) -> bytes: ...
    @property
    def event_time(self) -> float: ...
    @property
    def amount(self) -> float: ...
    @property
    def category(self) -> int: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def entities(self) -> Mapping[str, str]: ...


class StoredColumns(Protocol):
    """n stored transactions as columns; what was not read is None."""

    @property
    def features(self) -> Floats: ...
    @property
    def event_time(self) -> Doubles: ...
    @property
    def amount(self) -> Doubles | None: ...
    @property
    def category(self) -> NDArray[np.int32] | None: ...
    @property
    def currency(self) -> Sequence[str | None] | None: ...
    @property
    def entities(self) -> Sequence[Mapping[str, str]] | None: ...


@dataclass(frozen=True)
class StoredRows:
    """n stored transactions.

    Attributes:
        features: float32 (n, d).
        event_time: Seconds since 1970, float64 (n,).
        amount: float64 (n,).
        category: Codes, int32 (n,).
        currency: n currencies; None where absent.
        entities: Keys of each transaction, by kind.
    """

    features: Floats
    event_time: Doubles
    amount: Doubles
    category: NDArray[np.int32]
    currency: Sequence[str | None]
    entities: Sequence[Mapping[str, str]]

    @classmethod
    def of(cls, rows: Sequence[StoredRow]) -> StoredRows:
        """Return rows of one width, at least one."""
        features = np.frombuffer(b"".join(row.features for row in rows), "<f4").astype(np.float32)
        return cls(
            features.reshape(len(rows), -1),
            np.array([row.event_time for row in rows]),
            np.array([row.amount for row in rows]),
            np.array([row.category for row in rows], np.int32),
            [row.currency for row in rows],
            [row.entities for row in rows],
        )

    @classmethod
    def of_columns(cls, columns: StoredColumns) -> StoredRows:
        """Return rows that were read as columns; what was not read is absent."""
        n = len(columns.event_time)
        return cls(
            columns.features,
            columns.event_time,
            np.zeros(n) if columns.amount is None else columns.amount,
            np.full(n, -1, np.int32) if columns.category is None else columns.category,
            columns.currency or [None] * n,
            columns.entities or [{}] * n,
        )


def has_own_bounds(snapshot: Snapshot) -> bool:
    """Return whether a segment of the policy in force has a review bound of its own."""
    return snapshot.policy is not None and snapshot.stack is not None and snapshot.policy.has_own_review


def own_bounds(snapshot: Snapshot, stored: StoredRows) -> Doubles:
    """Return the surprise over which the segment of each transaction reviews it, float64 (n,).

    NaN where the budget's threshold decides. Conditions that read the surprise see it without risk, and
    comparisons with links or confirmed frauds are false.

    Args:
        snapshot: Everything in force.
        stored: n transactions.
    """
    policy, stack, n = snapshot.policy, snapshot.stack, len(stored.event_time)
    if policy is None or stack is None or not policy.has_own_review or not n:
        return np.full(n, np.nan)
    kinds = policy.conditions.vocabulary.entities
    codes = {one: currency_code(one) if one else NO_CURRENCY for one in set(stored.currency)}
    unknown = np.full((n, len(kinds)), np.nan, np.float32)
    rows = Rows(
        stored.features,
        stored.event_time,
        stored.amount,
        np.array([codes[one] for one in stored.currency], np.int32),
        stored.category,
        {kind: _keys(stored.entities, kind) for kind in kinds},
        stack.score(stored.features)[0],
        np.zeros(n),
        lambda: stack.surprises(stored.features) + stack.shifts,
        unknown,
        unknown,
    )
    return policy.bounds(rows, _NO_CARDS, snapshot.lists.by_name, np.nan).review


def _keys(entities: Sequence[Mapping[str, str]], kind: str) -> ByteStrings:
    found = (one.get(kind) for one in entities)
    return ByteStrings.from_list([None if key is None else key.encode() for key in found])
