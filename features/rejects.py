"""Records that are not transactions, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt


class RejectReason(IntEnum):
    """Why a record was rejected."""

    SYNTAX = 1
    MISSING_FIELD = 2
    WRONG_TYPE = 3
    NOT_FINITE = 4
    NEGATIVE_AMOUNT = 5
    TIME_OUT_OF_RANGE = 6
    CARD_NUMBER = 7
    TOO_LARGE = 8
    SCHEMA = 9


class Rejected(Exception):
    """A record is rejected, with its reason, and the mapped field or a few fixed words."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(f"{reason.name.lower()}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Rejects:
    """The k records of a batch that were rejected, in its order.

    Attributes:
        row: position in the batch.
        reason: a `RejectReason`.
        detail: the field, or a few fixed words; never a value of the record.
        may_hold_card_number: where true, the record's bytes must be withheld.
    """

    row: npt.NDArray[np.int32]
    reason: npt.NDArray[np.int8]
    detail: tuple[str, ...]
    may_hold_card_number: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)
