"""Export OpenTelemetry spans of sampled transactions when they are stored."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from contracts.tracing.identity import Sampling
from contracts.tracing.spans import Spans, spans_of
from settings import Settings
from storage.bulk import Row
from storage.scored_transactions import COLUMNS

STAGE = "stage recorded"
_PARTITION, _OFFSET, _ARRIVAL = (COLUMNS.index(n) for n in ("source_partition", "source_offset", "arrival"))


class Followed:
    """Exports one span for each sampled transaction of a write."""

    def __init__(self, spans: Spans, sampling: Sampling) -> None:
        self._spans, self._sampling = spans, sampling

    @classmethod
    def of(cls, settings: Settings) -> Followed | None:
        """Return the exporter that the settings describe; None where tracing is off."""
        spans = spans_of(settings.tracing.endpoint, settings.topics.transactions, "recorder")
        return cls(spans, Sampling(settings.tracing.share)) if spans else None

    def recorded(self, rows: Sequence[Row], began: float) -> None:
        """Export spans of rows of `scored_transactions` that are stored.

        Args:
            rows: values in the order of the table's columns.
            began: time at which the write began, seconds since 1970.
        """
        partition = np.fromiter((row[_PARTITION] for row in rows), np.int32, len(rows))
        offset = np.fromiter((row[_OFFSET] for row in rows), np.int64, len(rows))
        arrival = np.fromiter((row[_ARRIVAL] for row in rows), np.float64, len(rows))
        traced = self._sampling.choose_among(partition, offset, arrival)
        self._spans.stage(STAGE, traced, began, time.time(), {"transactions": len(rows)})
