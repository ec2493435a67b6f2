"""Currency, category and channel as small integers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Bytes, Index
from features.columns import FIRST_NAMED_CATEGORY, Channel
from features.compiling import inlined, kernel
from features.hashing import hash_bytes
from features.json_grammar import ZERO, is_digit
from features.pointers import Pointer, pointer_to

INVALID = -2
CURRENCY, CATEGORY, CHANNEL = range(3)

_CURRENCY_WIDTH = 3
_CODE_WIDTH = 4  # digits of a merchant category code
_NAMED_CATEGORIES = np.uint64(2**31 - FIRST_NAMED_CATEGORY)
_SMALL = 32  # the bit that makes an ASCII letter small

# Common names in payment systems. ISO 8583 has them as numbers (field 22), with many variants.
_CHANNEL_NAMES = {
    Channel.PRESENT: (
        "pos present card_present cp in_store instore store terminal chip contactless nfc swipe tap"
    ),
    Channel.NOT_PRESENT: (
        "ecom ecommerce e-commerce online web internet app mobile moto mail phone recurring not_present "
        "card_not_present cnp"
    ),
    Channel.CASH: "atm cash cash_advance",
}
_PLACES = 128  # about four for each name


@inlined
def code_at(text: Pointer, start: Index, end: Index, kind: Index) -> Index:
    """Return the code of the CURRENCY, CATEGORY or CHANNEL at this place, or INVALID."""
    if kind == CURRENCY:
        return _currency_at(text, start, end)
    if kind == CATEGORY:
        return _category_at(text, start, end)
    return _channel_at(text, start, end)


@kernel
def code_of(buffer: Bytes, kind: int) -> Index:
    """As `code_at`, for a whole buffer."""
    return code_at(pointer_to(buffer), 0, len(buffer), kind)


@inlined
def _currency_at(text: Pointer, start: Index, end: Index) -> Index:
    """Three letters or digits, packed as `columns.currency_code` packs them."""
    if end - start != _CURRENCY_WIDTH:
        return INVALID
    code = np.int64(0)
    for at in range(start, end):
        byte = np.int64(text[at])
        if not (is_digit(byte) or 97 <= (byte | _SMALL) <= 122):
            return INVALID
        code = code << 8 | byte
    return code


@inlined
def _category_at(text: Pointer, start: Index, end: Index) -> Index:
    """A merchant category code of up to four digits, or a number above all of them for any other name."""
    code = np.int64(0)
    for at in range(start, end):
        if not is_digit(text[at]) or end - start > _CODE_WIDTH:
            return FIRST_NAMED_CATEGORY + np.int64(hash_bytes(text, start, end) % _NAMED_CATEGORIES)
        code = code * 10 + (np.int64(text[at]) - ZERO)
    return code


@inlined
def _small_letters_hash(text: Pointer, start: Index, end: Index) -> np.uint64:
    """FNV-1a over the bytes, large letters made small. Source: Fowler, Noll, Vo, RFC 9923."""
    state = np.uint64(0xCBF29CE484222325)
    for at in range(start, end):
        byte = np.uint64(text[at])
        if 65 <= text[at] <= 90:
            byte |= np.uint64(_SMALL)
        state = (state ^ byte) * np.uint64(0x100000001B3)
    return state


def _hash_of_name(name: str) -> int:
    """`_small_letters_hash` of a name in small letters, without compiling anything at import."""
    state = 0xCBF29CE484222325
    for byte in name.encode("ascii"):
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


def _known_channels() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8]]:
    """A hash table: hash and channel of each name, where its hash says or at the next free place."""
    hashes, channels = np.zeros(_PLACES, np.uint64), np.zeros(_PLACES, np.int8)
    for channel, names in _CHANNEL_NAMES.items():
        for name in names.split():
            place = _hash_of_name(name) % _PLACES
            while hashes[place]:
                place = (place + 1) % _PLACES
            hashes[place], channels[place] = _hash_of_name(name), channel
    return hashes, channels


_HASHES, _CHANNELS = _known_channels()


@inlined
def _channel_at(text: Pointer, start: Index, end: Index) -> Index:
    """The `Channel` of a name in small or large letters; UNKNOWN for a name that is not known."""
    hashed = _small_letters_hash(text, start, end)
    place = np.int64(hashed) & (_PLACES - 1)
    while _HASHES[place] != np.uint64(0) and _HASHES[place] != hashed:
        place = (place + 1) & (_PLACES - 1)
    return np.int64(_CHANNELS[place])
