"""The range of every value of a batch between stages: a forged value must not move a profile's clock."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contracts.stage_batch import LINKS
from features.columns import NO_CATEGORY, NO_CURRENCY, Channel
from features.compiling import short_kernel
from features.link_kernel import ESTIMATES
from features.schema import MAX_AMOUNT

_COLUMNS: Final = (
    "source_partition", "source_offset", "batch_end", "arrival", "event_time", "amount", "currency",
    "category", "channel", "features", LINKS,
)  # fmt: skip
_IN_RANGE: Final = -1
_LAST_ARRIVAL_S: Final = 1e11  # the year 5138
_LAST_CURRENCY: Final = 0xFFFFFF
_LARGEST_FEATURE: Final = float(np.finfo(np.float32).max)
_MOST_PARTNERS: Final = float(ESTIMATES[-1])  # NaN is allowed: an older release has not counted them
_LAST_CHANNEL: Final = int(max(Channel))


@dataclass(frozen=True, slots=True)
class RowBounds:
    """What rows of one input partition may hold.

    Attributes:
        sources: numbers of the partitions of `transactions` that the rows may come from.
        earliest: first event time, seconds since 1970.
        latest: last event time.
    """

    sources: range
    earliest: float
    latest: float

    def column_out_of_range(self, rows: pa.RecordBatch) -> str | None:
        """Return the name of a column with a value that no stage writes; None where all are in range.

        Args:
            rows: n transactions without nulls. The check takes 0.03 microseconds for each.
        """
        if not rows.num_rows:
            return None
        columns = [rows[name].to_numpy() for name in _COLUMNS[:-2]]
        features, links = (rows[name].flatten().to_numpy() for name in _COLUMNS[-2:])
        bounds = (self.sources.start, self.sources.stop, self.earliest, self.latest)
        arguments: tuple[Any, ...] = (*columns, features, links, *bounds)
        found = _first_wrong(*arguments)
        return None if found == _IN_RANGE else _COLUMNS[found]


@short_kernel
def _first_wrong(  # noqa: C901  one branch per column
    partition: NDArray[np.int32],
    offset: NDArray[np.int64],
    end: NDArray[np.int64],
    arrival: NDArray[np.float64],
    time: NDArray[np.float64],
    amount: NDArray[np.float64],
    currency: NDArray[np.int32],
    category: NDArray[np.int32],
    channel: NDArray[np.int8],
    features: NDArray[np.float32],
    links: NDArray[np.float32],
    first_source: int,
    past_sources: int,
    earliest: float,
    latest: float,
) -> int:
    """Return the position of a wrong column in `_COLUMNS`; comparisons are false for NaN."""
    for i in range(len(partition)):
        if not first_source <= partition[i] < past_sources:
            return 0
        if offset[i] < 0:
            return 1
        if end[i] <= offset[i]:
            return 2
        if not 0.0 <= arrival[i] <= _LAST_ARRIVAL_S:
            return 3
        if not earliest <= time[i] <= latest:
            return 4
        if not 0.0 <= amount[i] <= MAX_AMOUNT:
            return 5
        if not NO_CURRENCY <= currency[i] <= _LAST_CURRENCY:
            return 6
        if category[i] < NO_CATEGORY:
            return 7
        if not 0 <= channel[i] <= _LAST_CHANNEL:
            return 8
    for j in range(len(features)):
        if not abs(features[j]) <= _LARGEST_FEATURE:
            return 9
    for j in range(len(links)):
        if not (0.0 <= links[j] <= _MOST_PARTNERS or np.isnan(links[j])):
            return 10
    return _IN_RANGE
