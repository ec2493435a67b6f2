"""Write the alerts that scorers and written rules on trial would have raised in a batch."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from contracts.shadow_alert import ShadowAlert
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from rules.rule_set import Matched, RuleSet
from stream.batch import Batch
from stream.scoring.decide import Scores

MOST_MATCHES: Final = 100
"""Matches of one rule that are written per batch: one that matches everything must not hold up a worker."""


def shadow_alerts(batch: Batch, scores: Scores, snapshot: Snapshot) -> tuple[NDArray[np.int64], ByteStrings]:
    """Return rows of the batch, and the shadow alert of each; a row repeats for each scorer on trial."""
    surprise = snapshot.shadows.surprises(batch.features)
    rows, which = np.nonzero(surprise > snapshot.shadows.thresholds)
    return _written(
        batch,
        scores,
        rows,
        [snapshot.shadows.all[column].scorer.id for column in which.tolist()],
        [snapshot.shadows.all[column].episode for column in which.tolist()],
        surprise[rows, which],
    )


def shadow_matches(
    batch: Batch, scores: Scores, matched: Matched, rules: RuleSet
) -> tuple[NDArray[np.int64], ByteStrings]:
    """Return rows that rules in shadow match, and the shadow alert of each; `MOST_MATCHES` of each rule."""
    places = matched.all[len(rules.live) :]
    found = [np.flatnonzero(one)[:MOST_MATCHES] for one in places]
    rows = np.concatenate(found)
    names = [rule.name for rule, of in zip(rules.shadow, found, strict=True) for _ in range(len(of))]
    return _written(batch, scores, rows, names, [""] * len(rows), scores.surprise[rows])


def _written(
    batch: Batch,
    scores: Scores,
    rows: NDArray[np.int64],
    shadows: Sequence[str],
    episodes: Sequence[str],
    surprise: NDArray[np.float64],
) -> tuple[NDArray[np.int64], ByteStrings]:
    identities = batch.columns.id.take(rows).to_list()
    records = []
    for place, (row, identity) in enumerate(zip(rows.tolist(), identities, strict=True)):
        one = ShadowAlert(
            transaction_id=(identity or b"").decode(errors="replace"),
            partition=int(batch.source_partition[row]),
            offset=int(batch.source_offset[row]),
            event_time=float(batch.columns.time[row]),
            amount=float(batch.columns.amount[row]),
            shadow=shadows[place],
            episode=episodes[place],
            surprise=float(surprise[place]),
            alerted=bool(scores.decision[row] != Decision.APPROVE),
            control_offset=scores.control_offset,
        )
        records.append(msgspec.json.encode(one))
    return rows, ByteStrings.from_list(records)
