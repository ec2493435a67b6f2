"""A list that batches ask whether it holds their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from rules.lists.bucket import BUCKETS, Bucket, Listed, bucket_of
from rules.lists.definition import ListDefinition
from rules.lists.kernels import look_up

_NOWHERE = (np.zeros(BUCKETS, np.int64), np.zeros((BUCKETS, 4), np.uint64))


@dataclass(frozen=True)
class ListTable:
    """One named list. Immutable; a changed copy shares the buckets that did not change.

    Attributes:
        definition: What it is for; None before it is known.
        buckets: Values by number of the bucket.
        lengths: Values of each bucket, int64 (256,).
        places: Addresses of each bucket's arrays, uint64 (256, 4); `buckets` keeps them alive.
    """

    definition: ListDefinition | None = None
    buckets: Mapping[int, Bucket] = field(default_factory=dict)
    lengths: npt.NDArray[np.int64] = field(default_factory=lambda: _NOWHERE[0])
    places: npt.NDArray[np.uint64] = field(default_factory=lambda: _NOWHERE[1])

    def defined(self, definition: ListDefinition | None) -> ListTable:
        """Return a copy with another definition."""
        return ListTable(definition, self.buckets, self.lengths, self.places)

    def having(self, changed: Mapping[int, Bucket | None]) -> ListTable:
        """Return a copy with other buckets; None takes one away."""
        buckets, lengths, places = dict(self.buckets), self.lengths.copy(), self.places.copy()
        for number, bucket in changed.items():
            buckets.pop(number, None)
            lengths[number], places[number] = 0, 0
            if bucket is not None and len(bucket):
                buckets[number] = bucket
                lengths[number] = len(bucket)
                arrays = (bucket.hashes, bucket.keys.buffer, bucket.keys.end, bucket.until)
                places[number] = [one.ctypes.data for one in arrays]
        return ListTable(self.definition, buckets, lengths, places)

    def __len__(self) -> int:
        """Return the number of values, expired ones too."""
        return int(self.lengths.sum())

    @cached_property
    def last_until(self) -> float:
        """Event time from which none of its values counts."""
        return max((bucket.last_until for bucket in self.buckets.values()), default=-np.inf)

    def holds(self, keys: ByteStrings, time: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return whether each key is on the list at its event time, bool (n,); an absent key is on none."""
        out = np.zeros(len(keys), np.bool_)
        look_up(keys.buffer, keys.start, keys.end, time, self.places, self.lengths, out)
        return out

    def find(self, value: bytes) -> Listed | None:
        """Return why a value is on the list, expired or not; None where it is not."""
        (number,) = bucket_of(hash_strings(ByteStrings.from_list([value]))).tolist()
        bucket = self.buckets.get(number)
        return None if bucket is None else bucket.find(value)

    def items(self) -> Iterator[tuple[bytes, Listed]]:
        """Yield all values and why they are there, in the order of their hashes."""
        for _, bucket in sorted(self.buckets.items()):
            yield from bucket.items()


EMPTY = ListTable()
"""A list that holds nothing."""
