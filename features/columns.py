"""Decoded transactions, one array per field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings, Selection

NO_CATEGORY = -1
NO_CURRENCY = 0
FIRST_NAMED_CATEGORY = 10_000  # categories below are merchant category codes (ISO 18245), above hashed names


class Channel(IntEnum):
    """Whether the card was present."""

    UNKNOWN = 0
    PRESENT = 1
    NOT_PRESENT = 2
    CASH = 3


@dataclass(frozen=True, slots=True)
class Columns:
    """m transactions in order of arrival.

    Attributes:
        row: position in the batch that it was decoded from.
        id: the transaction's id.
        time: event time, seconds since 1970.
        amount: units of its currency, 0 to 1e9.
        currency: three letters packed into an integer (`currency_text`), 0 if absent.
        category: merchant category code, `FIRST_NAMED_CATEGORY` or higher for a category given by name, -1 if
            absent.
        channel: a `Channel`.
        keys: keys of each entity, in the schema's order.
    """

    row: npt.NDArray[np.int32]
    id: ByteStrings
    time: npt.NDArray[np.float64]
    amount: npt.NDArray[np.float64]
    currency: npt.NDArray[np.int32]
    category: npt.NDArray[np.int32]
    channel: npt.NDArray[np.int8]
    keys: tuple[ByteStrings, ...]

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: Selection) -> Columns:
        """Return the transactions at `index`."""
        return Columns(
            self.row[index],
            self.id.take(index),
            self.time[index],
            self.amount[index],
            self.currency[index],
            self.category[index],
            self.channel[index],
            tuple(keys.take(index) for keys in self.keys),
        )


def currency_code(text: str) -> int:
    """Pack a currency of three ASCII letters or digits.

    >>> currency_text(currency_code("EUR"))
    'EUR'
    """
    first, second, third = text.encode("ascii")
    return first << 16 | second << 8 | third


def currency_text(code: int) -> str:
    """Return the letters of a packed currency, empty if it was absent."""
    return bytes((code >> 16 & 0xFF, code >> 8 & 0xFF, code & 0xFF)).decode("ascii") if code else ""
