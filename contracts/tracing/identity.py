"""Trace and span ids that every process computes alike, so that no record needs to carry them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def trace_of(*names: object) -> int:
    """Return a trace id of 128 bits.

    A transaction's names are topic, partition and offset; an episode's name is its request id.

    >>> f"{trace_of('transactions', 2, 17):032x}"
    'a4e986b6f27262d92e74b10f2cfd6cf7'
    """
    return _hashed(16, *names)


def span_of(trace: int, name: str) -> int:
    """Return a span id of 64 bits; a span that is exported again after a crash keeps its id."""
    return _hashed(8, f"{trace:032x}", name)


def _hashed(size: int, *names: object) -> int:
    return int.from_bytes(blake2b("/".join(map(str, names)).encode(), digest_size=size).digest(), "big") or 1


@dataclass(frozen=True, slots=True)
class Traced:
    """A sampled transaction: position in the input topic, and arrival, seconds since 1970."""

    partition: int
    offset: int
    arrival: float


class Arrived(Protocol):
    """n transactions: position in the input topic and arrival at the broker, (n,) each."""

    @property
    def source_partition(self) -> NDArray[np.int32]: ...
    @property
    def source_offset(self) -> NDArray[np.int64]: ...
    @property
    def arrival(self) -> NDArray[np.float64]: ...


@dataclass(frozen=True)
class Sampling:
    """Chooses a `share` (0 to 1) of transactions to trace, the same ones in every process."""

    share: float = 0.0

    def choose(self, batch: Arrived) -> tuple[Traced, ...]:
        """Return the sampled transactions of a batch."""
        if not self.share:
            return ()
        return self.choose_among(batch.source_partition, batch.source_offset, batch.arrival)

    def choose_among(
        self, partition: NDArray[np.int32], offset: NDArray[np.int64], arrival: NDArray[np.float64]
    ) -> tuple[Traced, ...]:
        """Return the sampled ones of n transactions, given by partition, offset and arrival, (n,) each."""
        drawn = _mixed(partition.astype(np.uint64) << np.uint64(48) ^ offset.astype(np.uint64))
        rows = np.flatnonzero(drawn.astype(np.float64) < self.share * 2.0**64)
        columns = (partition[rows].tolist(), offset[rows].tolist(), arrival[rows].tolist())
        return tuple(Traced(*one) for one in zip(*columns, strict=True))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the bits (SplitMix64: Steele, Lea, Flood 2014)."""
    z = numbers + _MIX[0]
    z = (z ^ (z >> np.uint64(30))) * _MIX[1]
    z = (z ^ (z >> np.uint64(27))) * _MIX[2]
    return np.asarray(z ^ (z >> np.uint64(31)))
