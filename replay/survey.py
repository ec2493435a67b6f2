"""Surveys a file: whether it can be replayed, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from replay.reading import BadRow, RowReader
from replay.truth import FRAUD, GENUINE

DAY_S = 86_400.0
_FIRST_ROOM = 1 << 20  # ids, where a file does not say how many rows it has


class UnfitFile(ValueError):
    """A file is well formed but cannot be replayed. The message says why and what is needed."""


@dataclass(frozen=True)
class Survey:
    """What a file holds.

    Attributes:
        rows: Number of rows.
        first: Event time of the first row, seconds since 1970.
        last: Event time of the last row, seconds since 1970.
        frauds: Number of rows labelled fraud.
        genuine: Number of rows labelled genuine.
    """

    rows: int
    first: float
    last: float
    frauds: int
    genuine: int

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.last - self.first) / DAY_S

    def in_words(self) -> str:
        """Return rows, time span and share of fraud in one line."""
        first, last = (datetime.fromtimestamp(time, UTC).date() for time in (self.first, self.last))
        labelled = self.frauds + self.genuine
        share = f", {self.frauds / labelled:.3%} of those with a label" if labelled else ""
        return f"{self.rows:,} rows, {first} to {last}, {self.days:.0f} days; {self.frauds:,} frauds{share}"


def survey(reader: RowReader, *, labelled: bool = True) -> Survey:
    """Read the file once and check it.

    Args:
        reader: Reads the file.
        labelled: Whether the file must have a label column with some frauds and some genuine rows.

    Raises:
        BadRow: a value cannot be read, an id is repeated, or rows are not in order of time.
        UnfitFile: the file has no rows, or lacks the labels.
    """
    rows, frauds, genuine, first, last = 0, 0, 0, 0.0, -np.inf
    ids = np.empty(reader.table.rows() or _FIRST_ROOM, np.uint64)
    for part in reader.parts():
        first = first if rows else float(part.columns.time[0])
        _check_order(reader, part.columns.time, part.first, last)
        last = float(part.columns.time[-1])
        ids = _put(ids, rows, part.id)
        rows += len(part)
        frauds += int(np.sum(part.label == FRAUD))
        genuine += int(np.sum(part.label == GENUINE))
    if not rows:
        raise UnfitFile(f"{reader.table.path}: no rows")
    if labelled:
        _check_labels(reader, rows, frauds, genuine)
    _check_ids(reader, ids[:rows])
    return Survey(rows, first, last, frauds, genuine)


def _check_order(reader: RowReader, time: NDArray[np.float64], first: int, before: float) -> None:
    earlier = np.diff(time, prepend=before) < 0
    if earlier.any():
        row = first + int(np.argmax(earlier))
        raise BadRow(
            f"{reader.table.path}, row {row}, column {reader.mapping.time}: earlier than the row before; "
            "rows must stand in the order of their time"
        )


def _check_labels(reader: RowReader, rows: int, frauds: int, genuine: int) -> None:
    path, label = reader.table.path, reader.mapping.label
    if label is None:
        raise UnfitFile(f"{path}: no column tells fraud from genuine; name it under [label] in the mapping")
    if not frauds or not genuine:
        raise UnfitFile(
            f"{path}, column {label.column}: {frauds:,} fraud and {genuine:,} genuine in {rows:,} rows; "
            "some of both are needed"
        )


def _put(ids: NDArray[np.uint64], at: int, more: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return `ids` with `more` written from `at` on; the array doubles where `more` does not fit."""
    if at + len(more) > len(ids):
        ids = np.concatenate([ids[:at], np.empty(max(at, len(more)), np.uint64)])
    ids[at : at + len(more)] = more
    return ids


def _check_ids(reader: RowReader, ids: NDArray[np.uint64]) -> None:
    """Read the file again where two ids share a hash, to name the rows. Sorts `ids` in place."""
    ids.sort()
    twice = ids[:-1][ids[1:] == ids[:-1]]
    if not len(twice):
        return
    seen: dict[bytes, int] = {}
    for part in reader.parts():
        for at in np.flatnonzero(np.isin(part.id, twice)):
            name = part.columns.id.take(np.array([at])).to_list()[0] or b""
            row = part.first + int(at)
            if name in seen:
                raise BadRow(
                    f"{reader.table.path}, row {row}, column {reader.mapping.id}: {name.decode()!r} is "
                    f"also the id of row {seen[name]}; each id may occur once"
                )
            seen[name] = row
