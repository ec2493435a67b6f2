"""The `shadow-alerts` topic: what one on trial would have alerted, and whether the live scorers did."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from features.spans import ByteSpans
from stream.batch import Batch
from stream.control.snapshot import Snapshot
from stream.scored import Decision, Scores


class ShadowAlert(msgspec.Struct, frozen=True):
    """One transaction over the threshold of one on trial, placed as in `Alert`; it decides nothing."""

    transaction_id: str
    partition: int
    offset: int
    event_time: float
    amount: float
    shadow: str
    """Id of the detector or base on trial."""
    episode: str
    surprise: float
    """By the one on trial alone, -log10 of the tail."""
    alerted: bool
    """Whether what is in force did not approve the transaction."""
    control_offset: int


def shadow_alerts(batch: Batch, scores: Scores, snapshot: Snapshot) -> tuple[NDArray[np.int64], ByteSpans]:
    """Rows of the batch that one on trial would have alerted, and the records; a row comes once for each."""
    surprise = snapshot.shadows.surprises(batch.features)
    rows, which = np.nonzero(surprise > snapshot.shadows.thresholds)
    identities = batch.columns.id.take(rows).to_list()
    records = []
    for row, column, identity in zip(rows.tolist(), which.tolist(), identities, strict=True):
        shadow = snapshot.shadows.all[column]
        one = ShadowAlert(
            transaction_id=(identity or b"").decode(errors="replace"),
            partition=int(batch.source_partition[row]),
            offset=int(batch.source_offset[row]),
            event_time=float(batch.columns.time[row]),
            amount=float(batch.columns.amount[row]),
            shadow=shadow.scorer.id,
            episode=shadow.episode,
            surprise=float(surprise[row, column]),
            alerted=bool(scores.decision[row] != Decision.APPROVE),
            control_offset=scores.control_offset,
        )
        records.append(msgspec.json.encode(one))
    return rows, ByteSpans.from_list(records)
