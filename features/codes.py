"""Currency, category and channel as small integers."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from features.columns import FIRST_NAMED_CATEGORY, Channel
from features.hashing import hash_bytes
from features.json_grammar import ZERO, is_digit
from features.spans import Bytes, Index

INVALID = -2

_CURRENCY_WIDTH = 3
_CODE_WIDTH = 4  # digits of a merchant category code
_NAMED_CATEGORIES = np.uint64(2**31 - FIRST_NAMED_CATEGORY)
_SMALL = 32  # the bit that makes an ASCII letter small

# The names that payment systems commonly give. ISO 8583 has them as numbers (field 22), in many dialects.
_CHANNEL_NAMES = {
    Channel.PRESENT: "pos present card_present cp in_store instore store terminal chip contactless nfc swipe tap",
    Channel.NOT_PRESENT: (
        "ecom ecommerce e-commerce online web internet app mobile moto mail phone recurring not_present "
        "card_not_present cnp"
    ),
    Channel.CASH: "atm cash cash_advance",
}


@numba.njit(cache=True, nogil=True)
def currency_at(buffer: Bytes, start: Index, end: Index) -> Index:
    """Three letters or digits packed as `columns.currency_code` packs them, or INVALID."""
    if end - start != _CURRENCY_WIDTH:
        return INVALID
    code = np.int64(0)
    for at in range(start, end):
        byte = np.int64(buffer[at])
        if not (is_digit(byte) or 97 <= (byte | _SMALL) <= 122):
            return INVALID
        code = code << 8 | byte
    return code


@numba.njit(cache=True, nogil=True)
def category_at(buffer: Bytes, start: Index, end: Index) -> Index:
    """A merchant category code of up to four digits, or a number above all of them for any other name."""
    code = np.int64(0)
    for at in range(start, end):
        if not is_digit(buffer[at]) or end - start > _CODE_WIDTH:
            named = hash_bytes(buffer, start, end) % _NAMED_CATEGORIES
            return FIRST_NAMED_CATEGORY + np.int64(named)
        code = code * 10 + (np.int64(buffer[at]) - ZERO)
    return code


@numba.njit(cache=True, nogil=True)
def _small_letters_hash(buffer: Bytes, start: Index, end: Index) -> np.uint64:
    """FNV-1a over the bytes, large letters made small."""
    state = np.uint64(0xCBF29CE484222325)
    for at in range(start, end):
        byte = np.uint64(buffer[at])
        if 65 <= buffer[at] <= 90:
            byte |= np.uint64(_SMALL)
        state = (state ^ byte) * np.uint64(0x100000001B3)
    return state


def _known_channels() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8]]:
    """Hashes of the known names in ascending order, and the channel of each."""
    pairs = []
    for channel, names in _CHANNEL_NAMES.items():
        for name in names.split():
            text = np.frombuffer(name.encode("ascii"), np.uint8)
            pairs.append((int(_small_letters_hash.py_func(text, 0, len(text))), int(channel)))
    pairs.sort()
    return np.array([hashed for hashed, _ in pairs], np.uint64), np.array([c for _, c in pairs], np.int8)


with np.errstate(over="ignore"):
    _HASHES, _CHANNELS = _known_channels()


@numba.njit(cache=True, nogil=True)
def channel_at(buffer: Bytes, start: Index, end: Index) -> Index:
    """The `Channel` of a name in small or large letters; UNKNOWN for a name that is not known."""
    hashed = _small_letters_hash(buffer, start, end)
    place = np.searchsorted(_HASHES, hashed)
    if place < len(_HASHES) and _HASHES[place] == hashed:
        return np.int64(_CHANNELS[place])
    return np.int64(Channel.UNKNOWN)
