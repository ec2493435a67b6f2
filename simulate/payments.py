"""Payments as columns, with their truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

GENUINE = 0
_PER_SECOND = 1_000.0  # messages carry milliseconds, so times have no finer resolution


@dataclass(frozen=True, slots=True)
class Payments:
    """n payments in no particular order; all fields have n entries."""

    time: npt.NDArray[np.float64]
    """Event time, seconds since 1970, whole milliseconds."""
    amount: npt.NDArray[np.float64]
    """EUR, whole cents, at least 0.01."""
    card: npt.NDArray[np.int32]
    """Number of the card in the population."""
    merchant: npt.NDArray[np.int32]
    """Number of the merchant in the population."""
    family: npt.NDArray[np.int8]
    """Number of the pattern; GENUINE for none."""

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def of(
        cls,
        time: npt.NDArray[np.float64],
        amount: npt.NDArray[np.float64],
        card: npt.NDArray[np.integer],
        merchant: npt.NDArray[np.integer],
    ) -> Payments:
        """Make genuine payments; times and amounts are rounded to the resolution of a message."""
        cents = np.maximum(np.round(amount, 2), 0.01)
        whole = np.floor(time * _PER_SECOND) / _PER_SECOND
        numbers = card.astype(np.int32), merchant.astype(np.int32)
        return cls(whole, cents, *numbers, np.full(len(time), GENUINE, np.int8))

    @classmethod
    def none(cls) -> Payments:
        """Return no payments."""
        return cls.of(np.empty(0), np.empty(0), np.empty(0, np.int32), np.empty(0, np.int32))

    @classmethod
    def joined(cls, parts: Sequence[Payments]) -> Payments:
        """Concatenate one or more parts."""
        columns = ([getattr(part, field.name) for part in parts] for field in fields(cls))
        return cls(*(np.concatenate(column) for column in columns))

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64] | slice) -> Payments:
        """Return the payments at `index`."""
        return Payments(*(getattr(self, field.name)[index] for field in fields(self)))

    def in_order(self) -> Payments:
        """Return the payments sorted by event time."""
        return self.take(np.argsort(self.time, kind="stable"))

    def of_family(self, family: int) -> Payments:
        """Return the payments with this number of a pattern as their truth."""
        return replace(self, family=np.full(len(self), family, np.int8))
