"""The stored hourly counts: updated with newly recorded transactions, and kept in memory between rounds."""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.periods import DAY_S
from monitoring.reference import Reference
from monitoring.traffic_counts import KIND, TrafficCounts, count_by_hour
from storage import UnitOfWork
from storage.measurements import Measurement
from storage.new_traffic import read_new_traffic

ROWS = 20_000
"""Transactions read in a round, about 0.3 s; where more are new, an even sample of this size is read."""
KEPT_S = 65 * DAY_S
"""How long hourly counts are kept: a week, the week four weeks earlier, and 28 days for profiles to fill."""
PLACES = "places"


class HourlyCounts:
    """Traffic counts for each hour of event time, in the bins of the base in force.

    Counts start again when another base comes into force: its bins differ and cannot be compared. `by_start`
    holds the counts of each hour, by the event time at which it begins.

    Args:
        entities: names of the entities.
    """

    def __init__(self, entities: Sequence[str]) -> None:
        self._entities = entities
        self._base = ""
        self.by_start: dict[float, TrafficCounts] = {}

    def load(self, unit: UnitOfWork, reference: Reference) -> None:
        """Read the stored hours of this base, unless they are in memory."""
        if self._base != reference.base:
            self.by_start = {
                row.time: TrafficCounts.from_measurement(row)
                for row in unit.measurements.of_kind(KIND)
                if row.details["base"] == reference.base
            }
            self._base = reference.base

    def count_new(self, unit: UnitOfWork, reference: Reference) -> dict[float, TrafficCounts]:
        """Count the transactions stored since the last round, and store the hours with the new offsets.

        Args:
            unit: the unit of work; the caller commits it.
            reference: bins of the base in force.

        Returns:
            The changed hours, complete. Pass them to `accept_committed` after the commit.
        """
        known = unit.measurements.of_kind(PLACES)
        places = {int(partition): offset for partition, offset in known[0].details.items()} if known else {}
        width = len(reference.features)
        new = read_new_traffic(unit.session, places, ROWS, width)
        counted = count_by_hour(new, reference.features, reference.histograms, self._entities)
        nothing = TrafficCounts.empty(width)
        changed = {start: hour + self.by_start.get(start, nothing) for start, hour in counted.items()}
        at = {str(partition): offset for partition, offset in new.places.items()}
        unit.measurements.put(hour.to_measurement(start, reference.base) for start, hour in changed.items())
        unit.measurements.put([Measurement(kind=PLACES, subject="", time=0.0, value=0.0, details=at)])
        return changed

    def accept_committed(self, changed: dict[float, TrafficCounts]) -> None:
        """Take over the hours that `count_new` returned, once their transaction is committed."""
        self.by_start.update(changed)

    def delete_old(self, unit: UnitOfWork, end: float) -> None:
        """Delete hours older than 65 days before `end`, event time: no comparison needs them."""
        unit.measurements.delete_before(KIND, time=end - KEPT_S)
        self.by_start = {at: hour for at, hour in self.by_start.items() if at >= end - KEPT_S}
