"""A short hash of what a transaction says, without its id."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.byte_strings import Bytes, Offsets
from features.columns import Columns
from features.compiling import short_kernel
from features.hashing import SEED, hash_bytes, scramble
from features.pointers import pointer_to

Words = npt.NDArray[np.uint64]
Bodies = npt.NDArray[np.uint32]

_HALF = np.uint64(32)
_AFTER_CURRENCY = np.uint64(56)  # a currency has 24 bits


def body_hashes(columns: Columns) -> Bodies:
    """Hash all mapped fields of each transaction except its id, uint32 (n,).

    Two records with equal fields have equal hashes, in whichever order or spelling their JSON gives them. Of
    two with different fields, one pair in 4 billion has equal hashes.

    >>> from features.offline import columns_from
    >>> one, other = (columns_from([1.7e9], [paid], (np.array([7]),)) for paid in (9.5, 9.6))
    >>> bool(body_hashes(one)[0] == body_hashes(other)[0])
    False
    """
    words = np.empty(len(columns), np.uint64)
    time, amount = columns.time.view(np.uint64), columns.amount.view(np.uint64)
    _hash_numbers(time, amount, columns.currency, columns.category, columns.channel, words)
    for keys in columns.keys:
        _add_strings(keys.buffer, keys.start, keys.end, words)
    return (words >> _HALF).astype(np.uint32)


@short_kernel
def _hash_numbers(
    time: Words,
    amount: Words,
    currency: npt.NDArray[np.int32],
    category: npt.NDArray[np.int32],
    channel: npt.NDArray[np.int8],
    words: Words,
) -> None:
    for i in range(len(words)):
        word = scramble(SEED ^ time[i]) + SEED
        word = scramble(word ^ amount[i]) + SEED
        codes = (
            np.uint64(currency[i]) << _HALF
            ^ np.uint64(category[i])
            ^ np.uint64(channel[i]) << _AFTER_CURRENCY
        )
        words[i] = scramble(word ^ codes)


@short_kernel
def _add_strings(buffer: Bytes, start: Offsets, end: Offsets, words: Words) -> None:
    text = pointer_to(buffer)
    for i in range(len(words)):
        words[i] = scramble((words[i] + SEED) ^ hash_bytes(text, start[i], end[i]))
