"""The `scored` topic: each batch's transactions with features and scores, as one Arrow message.

The recorder reads it. It holds the control offset and the features, from which any score can be recomputed.
"""

from collections.abc import Sequence

import pyarrow as pa

from contracts.stage_batch import FRAUDS, stage_schema

SCORE_COLUMNS = pa.schema(
    [
        ("surprise", pa.float64()),
        ("tail", pa.float64()),
        ("winner", pa.int32()),
        ("winner_id", pa.string()),
        ("decision", pa.int8()),
        ("control_offset", pa.int64()),
    ]
)
"""What scoring adds to the columns of a stage batch."""


def scored_schema(entities: Sequence[str], width: int) -> pa.Schema:
    """Return the columns of a scored batch: those of a stage batch, the scores, and confirmed frauds."""
    frauds = pa.field(FRAUDS, pa.list_(pa.float32(), len(entities)))
    return pa.schema([*stage_schema(entities, width), *SCORE_COLUMNS, frauds])
