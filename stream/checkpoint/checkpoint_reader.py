"""Read the records of a checkpoint topic; skip those that no stage writes."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.dead_letter import FOREIGN
from contracts.stage_batch import ForeignBatch
from contracts.undecodable import UNDECODABLE
from features.byte_strings import NULL
from features.profile_row import LAST, PROFILE_ROW, ROW_BEFORE_LINKS, as_current_rows
from features.profiles import Profiles
from features.schema import MAX_KEY_BYTES
from stream.checkpoint.checkpoint import LAYOUT, LAYOUT_BEFORE_LINKS, MARKER_KEY, Marker, as_rows
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.checkpoint.id_chunk import is_key
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.refused import Refused

_LAYOUTS = (PROFILE_ROW, ROW_BEFORE_LINKS)
_NUMBERS = ("clock", "windows", "category_count", "category_sum")


class CheckpointReader:
    """Loads rows, ids and markers.

    Args:
        input_end: offset after the last record of the input partition; no marker is ahead of it.
        latest: latest event time of a row, seconds since 1970. A later one would make every other profile
            seem idle.
        ids: receives the ids; None where they are not wanted.
    """

    def __init__(self, input_end: int, latest: float, ids: IdCheckpoint | None = None) -> None:
        self._input_end = input_end
        self._latest = latest
        self._ids = ids

    def restore(self, batch: FetchedBatch, profiles: Profiles) -> tuple[int | None, list[Refused]]:
        """Load the rows of a batch in order; return the offset of the last marker, and what was skipped."""
        keys, values = batch.records.keys, batch.values
        is_marker = (keys.length == 0) & (keys.start != NULL)
        has_key = (keys.length >= 1) & (keys.length <= MAX_KEY_BYTES)
        known = is_marker | (has_key & (values.start == NULL))  # a tombstone of a forgotten entity
        good = np.flatnonzero(has_key & np.isin(values.length, [one.itemsize for one in _LAYOUTS]))
        rows = np.zeros(len(good), PROFILE_ROW)
        for layout in _LAYOUTS:
            at = np.flatnonzero(values.length[good] == layout.itemsize)
            rows[at] = as_current_rows(as_rows(values.take(good[at]), layout))
        sane = self._is_sane(rows)
        profiles.restore(keys.take(good[sane]), rows[sane])
        known[good[sane]] = True
        others = np.flatnonzero(~known)
        is_chunk = np.array([is_key(key or b"") for key in keys.take(others).to_list()], bool)
        refused = [_refused(batch, int(row), "not a row of a profile") for row in others[~is_chunk]]
        position, wrong = self._last_marker(batch, np.union1d(np.flatnonzero(is_marker), others[is_chunk]))
        return position, [*refused, *wrong]

    def _is_sane(self, rows: NDArray[np.void]) -> NDArray[np.bool_]:
        sane = (rows["clock"][:, LAST] >= 0.0) & (rows["clock"][:, LAST] <= self._latest)
        for name in _NUMBERS:
            sane &= np.isfinite(rows[name]).all(axis=1)
        return sane

    def _last_marker(self, batch: FetchedBatch, at: NDArray[np.int64]) -> tuple[int | None, list[Refused]]:
        """Read the markers and the chunks of ids at `at` in order; return the last marker's offset."""
        position: int | None = None
        refused: list[Refused] = []
        pairs = zip(batch.records.keys.take(at).to_list(), batch.values.take(at).to_list(), strict=True)
        for row, (key, value) in zip(at.tolist(), pairs, strict=True):
            if key != MARKER_KEY:
                refused += self._read_chunk(batch, row, value)
                continue
            try:
                marker = msgspec.json.decode(value or b"", type=Marker)
            except UNDECODABLE:
                refused.append(_refused(batch, row, "not a marker"))
                continue
            if not 0 <= marker.offset <= self._input_end:
                refused.append(_refused(batch, row, "a marker ahead of the input"))
            elif marker.layout in (LAYOUT, LAYOUT_BEFORE_LINKS):
                position = marker.offset
                if self._ids is not None:
                    self._ids.settle(position)
        return position, refused

    def _read_chunk(self, batch: FetchedBatch, row: int, value: bytes | None) -> list[Refused]:
        """Read a chunk of ids; one without a value was forgotten."""
        if self._ids is None or value is None:
            return []
        try:
            self._ids.read(value)
        except ForeignBatch as error:
            return [_refused(batch, row, str(error))]
        return []


def _refused(batch: FetchedBatch, row: int, detail: str) -> Refused:
    offset = int(batch.records.offset[row])
    return Refused(offset, offset, 1, int(batch.values.length[row]), FOREIGN, detail)
