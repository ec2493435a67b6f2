"""Lets written rules raise and lower the surprise, before the threshold and all other rules see it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from contracts.alert import Reason
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from meta.calibration import CEILING
from rules.evaluation import Rows
from rules.rule_set import Matched, RuleSet
from rules.shifts import shifts_of
from stream.scoring.rules import Met
from stream.scoring.silenced import silence_rules
from stream.scoring.written_rules import MOST_NAMED, take_back_suppressed


def shift_surprise(
    rows: Rows | None, snapshot: Snapshot, met: Mapping[int, Met], cards: ByteStrings
) -> Matched | None:
    """Add what the matching rules add together to the surprise of each row; the result is 0 to `CEILING`.

    Args:
        rows: n transactions with the highest surprise of all scorers, with risk, which is changed in place;
            None where nothing asks for them.
        snapshot: everything in force.
        met: effects of entities' rules by row.
        cards: n keys of the primary entity.

    Returns:
        Which of these rules match; None where there are none.
    """
    rules = snapshot.written.shifting
    if rows is None or not len(rules):
        return None
    matched = rules.match(rows, cards, snapshot.lists.by_name)
    silence_rules(snapshot.rules.silenced, rules, matched, rows.time)
    take_back_suppressed(matched, rules, met)
    by = shifts_of(matched.all[: len(rules.live)], rules.by)
    changed = np.flatnonzero(by)
    rows.surprise[changed] = np.clip(rows.surprise[changed] + by[changed], 0.0, CEILING)
    return matched


def shift_reasons(matched: Matched | None, rules: RuleSet, row: int) -> list[Reason]:
    """Return the live rules that changed the surprise of a row, in their order, at most `MOST_NAMED`."""
    if matched is None:
        return []
    places = np.flatnonzero(matched.all[: len(rules.live), row])[:MOST_NAMED].tolist()
    return [
        Reason(
            f"rule {rule.id}",
            1.0,
            rule.definition.shift,
            f"{rule.definition.effect}: {rule.definition.words}",
        )
        for rule in (rules.live[place] for place in places)
    ]
