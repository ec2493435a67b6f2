"""Turns further columns of a file into features: numbers stay, texts give frequency and novelty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from features.slots import SlotTable
from replay.mapping import Mapping
from replay.reading import Part

_KEY_BYTES = 8


class Further:
    """Features of the `numeric` and `categorical` columns of a mapping.

    Each contender normalises the numbers on its training period. `replay.risk` adds the confirmed-fraud risk
    of texts.
    """

    def __init__(self, mapping: Mapping) -> None:
        named = [(f"{c}_log_share", f"{c}_new_for_card") for c in mapping.categorical]
        self.names = (*mapping.numeric, *(name for pair in named for name in pair))
        self._numbers = len(mapping.numeric)
        self._values = [SlotTable() for _ in mapping.categorical]
        self._counts = [np.zeros(0) for _ in mapping.categorical]
        self._met = [SlotTable() for _ in mapping.categorical]
        self._rows = 0

    def features(self, part: Part) -> NDArray[np.float32]:
        """Return float32 (n, features) of the next n rows; shares are as of before the part."""
        out = np.zeros((len(part), len(self.names)), np.float32)
        out[:, : self._numbers] = part.numeric
        for k, texts in enumerate(part.categorical):
            at = self._numbers + 2 * k
            out[:, at] = self._log_share(k, texts)
            out[:, at + 1] = self._new(self._met[k], part.card, texts)
        self._rows += len(part)
        return out

    def _log_share(self, k: int, texts: ByteStrings) -> NDArray[np.float64]:
        slots = self._values[k].lookup_or_insert(texts)
        counts = np.zeros(self._values[k].capacity)
        counts[: len(self._counts[k])] = self._counts[k]
        share = (counts[slots] + 1.0) / (self._rows + 1.0)
        self._counts[k] = counts + np.bincount(slots, minlength=len(counts))
        return np.asarray(np.log(share))

    def _new(self, met: SlotTable, card: NDArray[np.uint64], texts: ByteStrings) -> NDArray[np.bool_]:
        """Return whether a card meets a value for the first time, bool (n,)."""
        pair = hash_strings(_spans(np.stack([card, hash_strings(texts)], axis=1)))
        keys = _spans(pair[:, None])
        new = met.lookup(keys) < 0
        _, first = np.unique(pair, return_index=True)
        met.lookup_or_insert(keys)
        return new & np.isin(np.arange(len(pair)), first)


def _spans(words: NDArray[np.uint64]) -> ByteStrings:
    """Rows of words (n, w) as byte strings."""
    width = _KEY_BYTES * words.shape[1]
    return ByteStrings.in_a_row(
        np.ascontiguousarray(words).view(np.uint8).ravel(), np.arange(1, len(words) + 1) * width
    )
