"""Lets named lists decide: an allow list approves, a block list declines, in that order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.alert import Reason
from contracts.decision import Decision
from control.named_lists import NamedLists
from features.byte_strings import ByteStrings
from rules.lists.definition import Use
from stream.scoring.rules import Met


@dataclass(frozen=True)
class ByLists:
    """What lists say about n transactions.

    Attributes:
        allowed: bool (n,), whether one of its entities is on an allow list.
        blocked: bool (n,), whether one is on a block list, and none is allowed.
    """

    allowed: NDArray[np.bool_]
    blocked: NDArray[np.bool_]


def by_lists(
    lists: NamedLists,
    entities: Sequence[str],
    keys: Sequence[ByteStrings],
    time: NDArray[np.float64],
    met: Mapping[int, Met],
) -> ByLists | None:
    """Return what the lists that allow or block say; None where there are no such lists.

    Args:
        lists: all lists.
        entities: kinds of the keys.
        keys: n keys of each kind.
        time: event times, (n,).
        met: effects of entities' rules by row; `allowed` is set where a list allows.
    """
    if not lists.deciding:
        return None
    found = {Use.ALLOW: np.zeros(len(time), np.bool_), Use.BLOCK: np.zeros(len(time), np.bool_)}
    for definition, table in lists.deciding:
        if definition.of in entities and len(table):
            found[definition.use] |= table.holds(keys[entities.index(definition.of)], time)
    allowed, blocked = found[Use.ALLOW], found[Use.BLOCK]
    for row, one in met.items():
        one.allowed = one.allowed or bool(allowed[row])
        allowed[row] = one.allowed
    return ByLists(allowed, blocked & ~allowed)


def decide_by_lists(said: ByLists, winner: NDArray[np.int32], block: int, decision: NDArray[np.int8]) -> None:
    """Write the decisions of lists.

    Args:
        said: what the lists say.
        winner: index of what decided, (n,), changed in place.
        block: index of blocks.
        decision: decision of each row, changed in place.
    """
    decision[said.allowed] = Decision.APPROVE
    decision[said.blocked] = Decision.DECLINE
    winner[said.blocked] = block


def list_reasons(
    lists: NamedLists, entities: Sequence[str], keys: Sequence[ByteStrings], time: NDArray[np.float64]
) -> dict[int, list[Reason]]:
    """Return by row the block and watch lists of its kinds that hold its entities, blocks first."""
    found: dict[int, list[Reason]] = {}
    for name, table in lists.by_name.items():
        definition = table.definition
        if definition is None or definition.use is Use.ALLOW or definition.of not in entities:
            continue
        of_kind = keys[entities.index(definition.of)]
        rows = np.flatnonzero(table.holds(of_kind, time))
        for row, key in zip(rows.tolist(), of_kind.take(rows).to_list(), strict=True):
            why = table.find(key or b"")
            words = f"{definition.of} is on the {definition.use} list {name}"
            words += f": {why.reason}" if why is not None and why.reason else ""
            place = 0 if definition.use is Use.BLOCK else len(found.get(row, ()))
            found.setdefault(row, []).insert(place, Reason(f"list {name}", 1.0, 0.0, words))
    return found
