"""Payments as columns, with the truth beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

GENUINE = 0
_PER_SECOND = 1_000.0  # messages carry milliseconds, so a payment has no finer time than that


@dataclass(frozen=True, slots=True)
class Payments:
    """n payments in no particular order.

    time: event time, seconds since 1970, whole milliseconds. amount: EUR, whole cents, 0.01 at least.
    card, merchant: their number in the population. family: number of the pattern, GENUINE for none.
    """

    time: npt.NDArray[np.float64]
    amount: npt.NDArray[np.float64]
    card: npt.NDArray[np.int32]
    merchant: npt.NDArray[np.int32]
    family: npt.NDArray[np.int8]

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
        """Genuine payments; times and amounts are rounded to what a message can say."""
        cents = np.maximum(np.round(amount, 2), 0.01)
        whole = np.floor(time * _PER_SECOND) / _PER_SECOND
        numbers = card.astype(np.int32), merchant.astype(np.int32)
        return cls(whole, cents, *numbers, np.full(len(time), GENUINE, np.int8))

    @classmethod
    def none(cls) -> Payments:
        """No payments."""
        return cls.of(np.empty(0), np.empty(0), np.empty(0, np.int32), np.empty(0, np.int32))

    @classmethod
    def joined(cls, parts: Sequence[Payments]) -> Payments:
        """All payments of one or more parts, part by part."""
        columns = ([getattr(part, field.name) for part in parts] for field in fields(cls))
        return cls(*(np.concatenate(column) for column in columns))

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64] | slice) -> Payments:
        """The payments at `index`."""
        return Payments(*(getattr(self, field.name)[index] for field in fields(self)))

    def in_order(self) -> Payments:
        """The same payments by event time."""
        return self.take(np.argsort(self.time, kind="stable"))

    def of_family(self, family: int) -> Payments:
        """The same payments, known to be of one family."""
        return replace(self, family=np.full(len(self), family, np.int8))
