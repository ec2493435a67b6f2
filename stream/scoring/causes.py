"""What made a transaction an alert: the threshold of the budget, or something that no threshold changes."""

from __future__ import annotations

import numpy as np

from contracts.alert import SEGMENT_PREFIX
from control.snapshot import Snapshot
from rules.definition import RULE_PREFIX
from rules.shifts import shifts_of
from stream.scoring.decide import BLOCK_ID, Scores


def cause_at(scores: Scores, snapshot: Snapshot, row: int) -> str:
    """Return the cause of an alert.

    Args:
        scores: the scores of a batch.
        snapshot: everything in force.
        row: an alert of the batch.

    Returns:
        `rule/ID` of the rule that decided, or that raised the surprise over its bound; `block` for lists and
        blocks; `segment/NAME` where the segment has a bound of its own; empty where the threshold that the
        budget steers decided.
    """
    winner = scores.winners[int(scores.winner[row])]
    if winner == BLOCK_ID or winner.startswith(RULE_PREFIX):
        return winner
    bound = np.inf if snapshot.threshold is None else snapshot.threshold
    segment = ""
    if snapshot.policy is not None and scores.segment is not None:
        name, bounds = list(snapshot.policy.definition.named())[int(scores.segment[row])]
        if bounds.review_from is not None:
            bound, segment = float(np.nextafter(bounds.review_from, -np.inf)), f"{SEGMENT_PREFIX}{name}"
    return _raised(scores, snapshot, row, bound) or segment


def _raised(scores: Scores, snapshot: Snapshot, row: int, bound: float) -> str:
    """Return the first rule that raised the surprise of a row, where it is over the bound only for that."""
    rules = snapshot.written.shifting
    if scores.shifted is None or not len(rules.live):
        return ""
    matched = scores.shifted.all[: len(rules.live), row : row + 1]
    by = float(shifts_of(np.ascontiguousarray(matched), rules.by)[0])
    if by <= 0.0 or scores.surprise[row] - by > bound:
        return ""
    first = next(at for at in np.flatnonzero(matched[:, 0]) if rules.by[at] > 0.0)
    return f"{RULE_PREFIX}{rules.live[first].id}"
