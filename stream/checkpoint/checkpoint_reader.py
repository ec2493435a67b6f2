"""Read the records of a checkpoint topic; skip those that no stage writes."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.dead_letter import FOREIGN
from contracts.undecodable import UNDECODABLE
from features.byte_strings import NULL
from features.profile_row import LAST, PROFILE_ROW
from features.profiles import Profiles
from features.schema import MAX_KEY_BYTES
from stream.checkpoint.checkpoint import LAYOUT, Marker, as_rows
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.refused import Refused

_NUMBERS = ("clock", "windows", "category_count", "category_sum")


class CheckpointReader:
    """Loads rows and markers.

    Args:
        input_end: offset after the last record of the input partition; no marker is ahead of it.
        latest: latest event time of a row, seconds since 1970. A later one would make every other profile
            seem idle.
    """

    def __init__(self, input_end: int, latest: float) -> None:
        self._input_end = input_end
        self._latest = latest

    def restore(self, batch: FetchedBatch, profiles: Profiles) -> tuple[int | None, list[Refused]]:
        """Load the rows of a batch in order; return the offset of the last marker, and what was skipped."""
        keys, values = batch.records.keys, batch.values
        is_marker = (keys.length == 0) & (keys.start != NULL)
        has_key = (keys.length >= 1) & (keys.length <= MAX_KEY_BYTES)
        good = np.flatnonzero(has_key & (values.length == PROFILE_ROW.itemsize))
        rows = as_rows(values.take(good), PROFILE_ROW)
        sane = self._is_sane(rows)
        profiles.restore(keys.take(good[sane]), rows[sane])
        known = is_marker | (has_key & (values.start == NULL))  # a tombstone of a forgotten entity
        known[good[sane]] = True
        refused = [_refused(batch, int(row), "not a row of a profile") for row in np.flatnonzero(~known)]
        position, wrong_markers = self._last_marker(batch, np.flatnonzero(is_marker))
        return position, [*refused, *wrong_markers]

    def _is_sane(self, rows: NDArray[np.void]) -> NDArray[np.bool_]:
        sane = (rows["clock"][:, LAST] >= 0.0) & (rows["clock"][:, LAST] <= self._latest)
        for name in _NUMBERS:
            sane &= np.isfinite(rows[name]).all(axis=1)
        return sane

    def _last_marker(self, batch: FetchedBatch, at: NDArray[np.int64]) -> tuple[int | None, list[Refused]]:
        position: int | None = None
        refused: list[Refused] = []
        for row, value in zip(at.tolist(), batch.values.take(at).to_list(), strict=True):
            try:
                marker = msgspec.json.decode(value or b"", type=Marker)
            except UNDECODABLE:
                refused.append(_refused(batch, row, "not a marker"))
                continue
            if not 0 <= marker.offset <= self._input_end:
                refused.append(_refused(batch, row, "a marker ahead of the input"))
            elif marker.layout == LAYOUT:
                position = marker.offset
        return position, refused


def _refused(batch: FetchedBatch, row: int, detail: str) -> Refused:
    offset = int(batch.records.offset[row])
    return Refused(offset, offset, 1, int(batch.values.length[row]), FOREIGN, detail)
