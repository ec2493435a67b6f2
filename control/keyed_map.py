"""An immutable mapping of which a changed copy costs little, however many entries it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_BUCKETS = 1_024  # a copy of the buckets takes about a microsecond; 100,000 entries make buckets of 100


class KeyedMap(Mapping[K, V], Generic[K, V]):
    """A hash table whose buckets are shared by all its copies.

    Example:
        >>> one = KeyedMap.of([("a", 1)])
        >>> two = one.having("b", 2).without("a")
        >>> dict(one), dict(two)
        ({'a': 1}, {'b': 2})
    """

    __slots__ = ("_buckets", "_length")

    def __init__(self, buckets: tuple[dict[K, V], ...] = ({},) * _BUCKETS, length: int = 0) -> None:
        self._buckets, self._length = buckets, length

    @classmethod
    def of(cls, items: Iterable[tuple[K, V]]) -> KeyedMap[K, V]:
        """Return a mapping of `items`; of equal keys the last counts."""
        buckets: list[dict[K, V]] = [{} for _ in range(_BUCKETS)]
        for key, value in items:
            buckets[hash(key) % _BUCKETS][key] = value
        return cls(tuple(buckets), sum(map(len, buckets)))

    def having(self, key: K, value: V) -> KeyedMap[K, V]:
        """Return a copy in which `key` has `value`."""
        place = hash(key) % _BUCKETS
        bucket = {**self._buckets[place], key: value}
        added = len(bucket) - len(self._buckets[place])
        return KeyedMap((*self._buckets[:place], bucket, *self._buckets[place + 1 :]), self._length + added)

    def without(self, key: K) -> KeyedMap[K, V]:
        """Return a copy that lacks `key`; the mapping itself where it is absent already."""
        place = hash(key) % _BUCKETS
        if key not in self._buckets[place]:
            return self
        bucket = {k: v for k, v in self._buckets[place].items() if k != key}
        return KeyedMap((*self._buckets[:place], bucket, *self._buckets[place + 1 :]), self._length - 1)

    def __getitem__(self, key: K) -> V:
        """Return the value of `key`; raises KeyError where it is absent."""
        return self._buckets[hash(key) % _BUCKETS][key]

    def __contains__(self, key: object) -> bool:
        """Return whether `key` is there."""
        return key in self._buckets[hash(key) % _BUCKETS]

    def __iter__(self) -> Iterator[K]:
        """Yield the keys, in no order."""
        for bucket in self._buckets:
            yield from bucket

    def __len__(self) -> int:
        """Return the number of keys."""
        return self._length
