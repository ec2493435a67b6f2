"""Confirmed frauds within two links of a transaction: transaction, one of its entities, another transaction.

The adaptation worker counts the confirmed frauds of each entity on the control log, as soon as labels are
known there. A score names its control offset, so the counts that it was made under can be found again. They
are stored with the score too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.alert import Reason
from control.rule_table import RuleTable
from control.rules import whole
from features.byte_strings import ByteStrings
from features.links import fraud_words


def linked_frauds(
    rules: RuleTable, entities: Sequence[str], keys: Iterable[ByteStrings], time: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the confirmed frauds of each transaction's entities, float32 (n, entities).

    At the primary entity each fraud counts, at all others each card with a confirmed fraud.

    Args:
        rules: rules of entities in force.
        entities: kinds of entities, the primary one first.
        keys: n keys of each.
        time: event times, seconds since 1970, (n,).
    """
    found = np.zeros((len(time), len(entities)), np.float32)
    for column, (entity, of_entity) in enumerate(zip(entities, keys, strict=True)):
        for row, placed in rules.counted_by(entity, of_entity):
            found[row, column] = max(sum(whole(one.rule, float(time[row])) for one in placed), 0.0)
    return found


def link_reasons(entities: Sequence[str], frauds: NDArray[np.float32]) -> list[Reason]:
    """Return a reason for each entity but the primary one that cards with a confirmed fraud share.

    Args:
        entities: kinds of entities, the primary one first.
        frauds: confirmed frauds of the entities of one transaction, (entities,).
    """
    return [
        Reason(
            f"link {entities[place]}",
            count,
            0.0,
            f"{entities[place]}: {count:.0f} {fraud_words(entities, place)}",
        )
        for place, count in enumerate(frauds.tolist())
        if place > 0 and count > 0
    ]
