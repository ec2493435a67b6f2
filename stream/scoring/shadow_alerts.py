"""Write the alerts that scorers on trial would have raised in a batch."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from contracts.shadow_alert import ShadowAlert
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from stream.batch import Batch
from stream.scoring.decide import Scores


def shadow_alerts(batch: Batch, scores: Scores, snapshot: Snapshot) -> tuple[NDArray[np.int64], ByteStrings]:
    """Return rows of the batch, and the shadow alert of each; a row repeats for each scorer on trial."""
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
    return rows, ByteStrings.from_list(records)
