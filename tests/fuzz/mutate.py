"""Change valid bytes into hostile ones."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

# Values at which sizes, counts and signs go wrong.
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
MOST_BYTES = 64 << 10


def mutated(seeds: Sequence[bytes], rng: random.Random) -> bytes:
    """Return a variant of one of `seeds`: a few small changes, seldom a splice of two or a repetition."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        rng.choice(_CHANGES)(data, rng)
    if rng.random() < 0.05:
        other = rng.choice(seeds)
        data = data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
    return bytes(data[:MOST_BYTES])


def _flip(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _byte(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.randrange(256)


def _integer(data: bytearray, rng: random.Random) -> None:
    width = rng.choice((1, 2, 4, 8))
    if len(data) >= width:
        at = rng.randrange(len(data) - width + 1)
        value = rng.choice(EDGES) % (1 << 8 * width)
        data[at : at + width] = value.to_bytes(width, rng.choice(("big", "little")))


def _float(data: bytearray, rng: random.Random) -> None:
    if len(data) >= 8:
        at = rng.randrange(len(data) - 7)
        value = rng.choice((float("nan"), float("inf"), -float("inf"), 1e308, -0.0, 1e18))
        data[at : at + 8] = struct.pack("<d", value)


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.randrange(1, 9)]


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randrange(1, 9))


def _repeat(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = data[at : at + rng.randrange(1, 40)] * rng.choice((1, 2, 30))


_CHANGES = (_flip, _flip, _byte, _integer, _integer, _float, _cut, _remove, _insert, _repeat)
