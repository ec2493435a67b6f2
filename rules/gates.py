"""When a rule counts, and for which cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from features.compiling import kernel
from features.hashing import hash_strings, scramble
from rules.definition import Mode, WrittenRule
from rules.kernels import Numbers, Truths

Hashes = npt.NDArray[np.uint64]
_ALL: Final = 2**64 - 1


@dataclass(frozen=True)
class Gates:
    """Limits of k rules.

    Attributes:
        start: Event times from which they count, float64 (k,).
        end: Event times from which they no longer count, float64 (k,).
        below: Largest hash of a card that they count for, uint64 (k,).
        salt: Makes the hash of a card another one for each rule, uint64 (k,).
        by_card: Whether one counts for a part of the cards only.
    """

    start: Numbers
    end: Numbers
    below: Hashes
    salt: Hashes
    by_card: bool

    @classmethod
    def of(cls, rules: Sequence[WrittenRule]) -> Gates:
        """Return the limits of rules; one in shadow counts for all cards."""
        written = [rule.definition for rule in rules]
        percent = [one.percent if one.mode is Mode.LIVE else 100.0 for one in written]
        below = [_ALL if one >= 100.0 else int(one / 100.0 * 2**64) for one in percent]
        return cls(
            np.array([-np.inf if one.start is None else one.start for one in written]),
            np.array([np.inf if one.end is None else one.end for one in written]),
            np.array(below, np.uint64),
            hash_strings(ByteStrings.from_list([rule.id.encode() for rule in rules])),
            any(one < 100.0 for one in percent),
        )


@kernel
def close_gates(
    matched: Truths,
    start: Numbers,
    end: Numbers,
    below: Hashes,
    salt: Hashes,
    time: Numbers,
    hashes: Hashes,
    live: int,
    first: npt.NDArray[np.int32],
) -> None:
    """Take back matches outside of a rule's limits, and find the first live rule of each row.

    Args:
        matched: uint8 (k, n), changed in place.
        start: As in `Gates`, (k,).
        end: As in `Gates`, (k,).
        below: As in `Gates`, (k,).
        salt: As in `Gates`, (k,).
        time: Event times, (n,).
        hashes: Hash of each card, (n,).
        live: Number of rules that decide; the others come after them.
        first: int32 (n,), filled with -1; set to the first of the live rules.
    """
    for k in range(len(matched)):
        row, any_of = matched[k], np.uint8(0)
        for i in range(len(row)):
            any_of |= row[i]
        if any_of == 0:
            continue
        for i in range(len(row)):
            if row[i]:
                if not (start[k] <= time[i] < end[k]) or scramble(hashes[i] ^ salt[k]) > below[k]:
                    row[i] = 0
                elif k < live and first[i] < 0:
                    first[i] = k
