"""Cuts a file into shifts: the rows between two looks at the alerts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from replay.featured import Featured
from replay.progress import Progress
from replay.reading import RowReader
from replay.traffic import TrafficRows, joined


def shifts(
    reader: RowReader, featured: Featured, epoch: float, length_s: float, rows: int, report_progress: Progress
) -> Iterator[tuple[int, TrafficRows]]:
    """Yield the number of each shift and its rows; empty shifts are left out.

    Args:
        reader: Reads the file.
        featured: Computes the features.
        epoch: Beginning of shift 0, seconds since 1970.
        length_s: Length of a shift, seconds.
        rows: Rows of the file, for the progress.
        report_progress: Takes the progress.
    """
    waiting: list[TrafficRows] = []
    present = 0
    for part in reader.parts():
        traffic = featured.traffic(part)
        number = ((traffic.seconds - epoch) // length_s).astype(np.int64)
        for one in np.unique(number).tolist():
            if one != present and waiting:
                yield present, joined(waiting)
                waiting = []
            present = one
            waiting.append(traffic.where(number == one))
        report_progress("replaying", part.first + len(part) - 1, rows)
    if waiting:
        yield present, joined(waiting)
