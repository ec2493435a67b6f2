"""Evaluates a program over rows: it collects the inputs, and the kernel does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from features.byte_strings import NULL, ByteStrings
from features.hashing import hash_strings
from rules import kernels
from rules.kernels import Numbers, Truths
from rules.local_time import local_seconds
from rules.program import KeyCode, Program
from rules.typed import Feature, Field, Frauds, Link, LocalTime, Surprise

_ROOM: Final = 4 << 20  # bytes of registers: they stay in the cache
_MOST_ROWS: Final = 4_096


class NamedList(Protocol):
    """A list that rules ask whether it holds a key."""

    def holds(self, keys: ByteStrings, time: Numbers) -> npt.NDArray[np.bool_]:
        """Return whether it holds each of n keys at its event time; absent keys are on no list."""


@dataclass(frozen=True)
class Rows:
    """n transactions as rules see them.

    Attributes:
        features: float32 (n, d).
        time: Event times, seconds since 1970, float64 (n,).
        amount: float64 (n,).
        currency: Packed letters, (n,); 0 where absent.
        category: Codes, (n,); -1 where absent.
        keys: n keys of each kind of entity.
        surprise: Highest surprise with risk, float64 (n,).
        risk: Surprise that risk added, float64 (n,).
        surprises: Returns the surprise of each scorer, float64 (n, scorers), base first.
        links: Different partners of each entity in 7 days, float32 (n, entities); NaN where unknown.
        frauds: Confirmed frauds of each entity, float32 (n, entities); NaN where unknown.
    """

    features: npt.NDArray[np.float32]
    time: Numbers
    amount: Numbers
    currency: npt.NDArray[np.int32]
    category: npt.NDArray[np.int32]
    keys: Mapping[str, ByteStrings]
    surprise: Numbers
    risk: Numbers
    surprises: Callable[[], Numbers]
    links: npt.NDArray[np.float32]
    frauds: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of transactions."""
        return len(self.time)

    @cached_property
    def by_scorer(self) -> Numbers:
        """Surprise of each scorer, computed where a rule asks for it."""
        return self.surprises()


def matches(program: Program, rows: Rows, lists: Mapping[str, NamedList]) -> Truths:
    """Evaluate all conditions of a program.

    Args:
        program: From `compile_conditions`.
        rows: n transactions.
        lists: Lists by name.

    Returns:
        uint8 (conditions, n): 1 where a condition is true.
    """
    registers, columns, units = program.features
    out = np.empty((len(program.results), len(rows)), np.uint8)
    inputs = [
        (register, _input(one, rows, program))
        for register, one in enumerate(program.numbers)
        if not isinstance(one, Feature)
    ]
    listed = [lists[one.name].holds(rows.keys[one.entity], rows.time) for one in program.listed]
    step = min(max(_ROOM // (8 * program.number_registers + program.truth_registers), 64), _MOST_ROWS)
    for start in range(0, len(rows), step):
        part = slice(start, min(start + step, len(rows)))
        numbers = np.empty((program.number_registers, part.stop - start))
        truths = np.empty((program.truth_registers, part.stop - start), np.uint8)
        kernels.gather(rows.features[part], columns, units, registers, numbers)
        for register, values in inputs:
            numbers[register] = values[part]
        for register, held in enumerate(listed):
            truths[register] = held[part]
        kernels.run(program.code, program.constants, numbers, truths)
        out[:, part] = truths[program.results]
    return out


def _input(
    one: Field | Link | Frauds | LocalTime | Surprise | KeyCode, rows: Rows, program: Program
) -> Numbers | npt.NDArray[np.int32] | npt.NDArray[np.float32]:
    match one:
        case Field(name=name):
            values: Numbers = getattr(rows, name)
            return values
        case Link(column=column):
            return rows.links[:, column]
        case Frauds(column=None):
            most: npt.NDArray[np.float32] = rows.frauds.max(axis=1, initial=0.0)
            return most
        case Frauds(column=column):
            return rows.frauds[:, column]
        case LocalTime(zone=zone):
            return local_seconds(rows.time, zone)
        case Surprise(scorer=scorer):
            return rows.by_scorer[:, scorer]
        case KeyCode(entity=entity):
            return codes_of(rows.keys[entity], program.texts[entity])


def codes_of(keys: ByteStrings, texts: Sequence[bytes]) -> Numbers:
    """Return the place of each key among `texts`, float64 (n,); -1 where it is none of them."""
    hashes = hash_strings(ByteStrings.from_list(list(texts)))
    order = np.argsort(hashes, kind="stable")
    found = hash_strings(keys)
    place = np.minimum(np.searchsorted(hashes[order], found), len(order) - 1)
    codes = order[place]
    maybe = np.flatnonzero((hashes[codes] == found) & (keys.start != NULL))
    out = np.full(len(keys), -1.0)
    for row, key in zip(maybe.tolist(), keys.take(maybe).to_list(), strict=True):
        if key == texts[codes[row]]:  # hashes can collide
            out[row] = codes[row]
    return out
