"""The values of one bucket of a list, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from rules.errors import RuleError

BUCKETS: Final = 256
"""1,000,000 values make buckets of 3,900, about 200 KB each."""
_SHIFT: Final = np.uint64(56)  # the first 8 of 64 bits choose the bucket
MOST_BYTES: Final = 256
"""UTF-8 bytes of one value."""
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Listed:
    """Why a value is on a list.

    Attributes:
        until: Event time from which it no longer counts, seconds since 1970; None for ever.
        reason: Why it is there.
        source: Where it comes from.
        by: Who added it.
        added: When, seconds since 1970.
    """

    until: float | None = None
    reason: str = ""
    source: str = ""
    by: str = ""
    added: float = 0.0

    @property
    def note(self) -> tuple[str, str, str]:
        """Return the texts, which many values share."""
        return self.reason, self.source, self.by

    def says_as(self, other: Listed) -> bool:
        """Return whether both say the same; who added it, and when, may differ."""
        return (self.until, self.reason, self.source) == (other.until, other.reason, other.source)


@dataclass(frozen=True)
class Bucket:
    """Values whose hash begins with the same 8 bits, by ascending hash.

    Attributes:
        keys: The n values, UTF-8.
        hashes: Their hashes, uint64 (n,).
        until: float64 (n,); infinity for ever.
        added: float64 (n,).
        note: int32 (n,), index into `notes`.
        notes: Reason, source and author.
        of: Kind of the entities, as in `ListDefinition`.
    """

    keys: ByteStrings
    hashes: Hashes
    until: npt.NDArray[np.float64]
    added: npt.NDArray[np.float64]
    note: npt.NDArray[np.int32]
    notes: tuple[tuple[str, str, str], ...] = field(default=())
    of: str = ""

    @classmethod
    def of_values(cls, values: Mapping[bytes, Listed], of: str = "") -> Bucket:
        """Return the bucket of values; all must belong to one."""
        raw = list(values)
        hashes = hash_strings(ByteStrings.from_list(raw))
        order = sorted(range(len(raw)), key=lambda at: (int(hashes[at]), raw[at]))
        listed = [values[raw[at]] for at in order]
        notes = {note: at for at, note in enumerate(sorted({one.note for one in listed}))}
        return cls(
            ByteStrings.from_list([raw[at] for at in order]),
            hashes[order],
            np.array([np.inf if one.until is None else one.until for one in listed], np.float64),
            np.array([one.added for one in listed], np.float64),
            np.array([notes[one.note] for one in listed], np.int32),
            tuple(notes),
            of,
        )

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.hashes)

    @cached_property
    def last_until(self) -> float:
        """Event time from which none of its values counts; -infinity without values."""
        return float(self.until.max(initial=-np.inf))

    def items(self, rows: Iterable[int] | None = None) -> Iterator[tuple[bytes, Listed]]:
        """Yield values and why they are there, all or those of `rows`."""
        chosen = np.arange(len(self)) if rows is None else np.fromiter(rows, np.int64)
        for key, until, added, note in zip(
            self.keys.take(chosen).to_list(),
            self.until[chosen].tolist(),
            self.added[chosen].tolist(),
            self.note[chosen].tolist(),
            strict=True,
        ):
            reason, source, by = self.notes[note]
            yield key or b"", Listed(None if until == np.inf else until, reason, source, by, added)

    def find(self, value: bytes) -> Listed | None:
        """Return why a value is on the list; None where it is not."""
        (wanted,) = hash_strings(ByteStrings.from_list([value]))
        low, high = (int(np.searchsorted(self.hashes, wanted, side)) for side in ("left", "right"))
        return next((why for key, why in self.items(range(low, high)) if key == value), None)


def bucket_of(hashes: Hashes) -> npt.NDArray[np.int64]:
    """Return the number of the bucket of each hash, (n,)."""
    return (hashes >> _SHIFT).astype(np.int64)


def check_bucket(bucket: Bucket, number: int) -> None:
    """Check all that a kernel relies on, for a bucket that was read from outside.

    Args:
        bucket: The bucket.
        number: Its number, 0 to 255.

    Raises:
        RuleError: Its arrays do not fit each other, or it holds values of another bucket, or in no order.
    """
    keys = bucket.keys
    rows = (keys.end, bucket.until, bucket.added, bucket.note)
    types = [str(one.dtype) for one in (keys.buffer, *rows)]
    if types != ["uint8", "int64", "float64", "float64", "int32"]:
        raise RuleError(f"bucket {number}: arrays of other types")
    if keys.buffer.ndim != 1 or {one.shape for one in rows} != {(len(keys),)}:
        raise RuleError(f"bucket {number}: arrays of other shapes")
    if len(keys) and (keys.length.min() < 1 or keys.length.max() > MOST_BYTES):
        raise RuleError(f"bucket {number}: a value that has not 1 to {MOST_BYTES} bytes")
    if (keys.end[-1] if len(keys) else 0) != len(keys.buffer):
        raise RuleError(f"bucket {number}: the values do not fill their buffer")
    if len(keys) and (bucket.note.min() < 0 or bucket.note.max() >= len(bucket.notes)):
        raise RuleError(f"bucket {number}: a note is missing")
    if np.isnan(bucket.until).any() or not np.isfinite(bucket.added).all():
        raise RuleError(f"bucket {number}: a time is no number")
    _check_order(bucket, number)


def _check_order(bucket: Bucket, number: int) -> None:
    hashes = bucket.hashes
    if (bucket_of(hashes) != number).any():
        raise RuleError(f"bucket {number}: a value of another bucket")
    if not (hashes[:-1] <= hashes[1:]).all():
        raise RuleError(f"bucket {number}: the values are in no order")
    for at in np.flatnonzero(hashes[:-1] == hashes[1:]).tolist():
        first, second = bucket.keys.take(slice(at, at + 2)).to_list()
        if (first or b"") >= (second or b""):
            raise RuleError(f"bucket {number}: a value is there twice")
