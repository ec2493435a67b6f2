"""Suppressions of a scorer or a rule for all entities: it decides nothing until a given event time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from control.rules import Placed
from rules.rule_set import Matched, RuleSet


def silence_scorers(
    silenced: Sequence[Placed],
    winners: Sequence[str],
    winner: NDArray[np.int32],
    time: NDArray[np.float64],
    decision: NDArray[np.int8],
) -> None:
    """Approve what a silenced scorer would hold; blocks still decline.

    Args:
        silenced: the suppressions.
        winners: ids of the scorers, without the block.
        winner: index into `winners` of each row, (n,).
        time: event times, (n,).
        decision: decision of each row, changed in place.
    """
    for one in silenced:
        if one.rule.scorer in winners:
            at = winners.index(one.rule.scorer)
            decision[(winner == at) & _counts(one, time)] = Decision.APPROVE


def silence_rules(
    silenced: Sequence[Placed], rules: RuleSet, matched: Matched, time: NDArray[np.float64]
) -> None:
    """Take back the matches of silenced rules; the next rule that matches decides.

    Args:
        silenced: the suppressions.
        rules: the rules.
        matched: which rules match, changed in place.
        time: event times, (n,).
    """
    names = [rule.name for rule in rules.live]
    for one in silenced:
        if one.rule.scorer not in names:
            continue
        at = names.index(one.rule.scorer)
        rows = _counts(one, time)
        matched.all[at, rows] = 0
        again = np.flatnonzero(rows & (matched.first == at))
        if len(again):
            live = matched.all[: rules.deciding, again]
            matched.first[again] = np.where(live.any(axis=0), live.argmax(axis=0), -1)


def _counts(one: Placed, time: NDArray[np.float64]) -> NDArray[np.bool_]:
    until = np.inf if one.rule.until is None else one.rule.until
    return np.asarray(time < until)
