"""Turn scored batches into rows of the history store, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from contracts.card_numbers import mask_card_numbers
from contracts.stage_batch import ENTITY, FRAUDS, LINKS, entities_of, features_matrix
from features.card_numbers import rows_with_card_numbers
from features.columns import currency_text
from recorder.generations import Generations
from storage.history.columns import ENTITY as STORED_ENTITY
from storage.history.columns import days_of, features_column
from storage.topic_generations import OFFSETS, PARTITIONS

_AS_THEY_ARE: Final = ("source_offset", "event_time", "arrival", "amount", "category", "surprise", "tail")
_NO_ARRIVAL: Final = -1e18
"""Time of arrival of no transaction: no number is excused as a time near it, since masking knows no times."""


def history_rows(
    batches: Sequence[pa.RecordBatch], scored_at: Sequence[float], generations: Generations
) -> pa.Table:
    """Return batches of `scored` as rows of `history_schema`, in order.

    Args:
        batches: batches of one schema, at least one.
        scored_at: time of each batch's record, seconds since 1970.
        generations: generations of the topics that the offsets belong to.
    """
    rows = pa.Table.from_batches(batches).combine_chunks()
    batch = rows.to_batches()[0] if rows.num_rows else batches[0]
    control = batch["control_offset"].to_numpy()
    columns = {name: batch[name] for name in _AS_THEY_ARE} | {
        "source_partition": batch["source_partition"].to_numpy() + generations.transactions * PARTITIONS,
        "transaction_id": _texts(batch["id"]),
        "currency": _currencies(batch["currency"].to_numpy()),
        "features": features_column(features_matrix(batch["features"])),
        "links": features_column(np.hstack([features_matrix(batch[name]) for name in (LINKS, FRAUDS)])),
        "decision": batch["decision"].cast(pa.int32()),
        "winner": batch["winner"],
        "winner_id": batch["winner_id"],
        "control_offset": np.where(control >= 0, control + generations.control * OFFSETS, control),
        "scored_at": np.repeat(np.asarray(scored_at, float), [one.num_rows for one in batches]),
        "day": days_of(batch["event_time"].to_numpy()),
    }
    columns |= {STORED_ENTITY + kind: _texts(batch[ENTITY + kind]) for kind in entities_of(batch.schema)}
    return pa.table(columns)


def _texts(column: pa.Array) -> pa.Array:
    """Return the strings of a binary column, with card numbers masked."""
    try:
        texts = column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = pa.array(
            [None if one is None else one.decode(errors="replace") for one in column.to_pylist()]
        )
    found = _with_card_numbers(texts)
    if not found.any():
        return texts
    masked = [mask_card_numbers(one) for one in texts.filter(pa.array(found)).to_pylist()]
    return pc.replace_with_mask(texts, pa.array(found), pa.array(masked, pa.string()))


def _with_card_numbers(texts: pa.Array) -> NDArray[np.bool_]:
    """Return which strings hold a card number, by the kernel that searches records."""
    n, found = len(texts), np.zeros(len(texts), np.bool_)
    _, ends, data = texts.buffers()
    if n and data is not None:
        places = np.frombuffer(ends, np.int32, n + 1, 4 * texts.offset).astype(np.int64)
        none, arrival = np.empty((n, 0, 2), np.int64), np.full(n, _NO_ARRIVAL)
        rows_with_card_numbers(np.frombuffer(data, np.uint8), places[:-1], places[1:], none, arrival, found)
    return found


def _currencies(codes: NDArray[np.int32]) -> pa.Array:
    different, place = np.unique(codes, return_inverse=True)
    letters = pa.array([currency_text(code) or None for code in different.tolist()], pa.string())
    return letters.take(pa.array(place))
