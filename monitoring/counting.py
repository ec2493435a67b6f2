"""The stored hours: brought up to what the recorder has written, and kept at hand between rounds."""

from __future__ import annotations

from collections.abc import Sequence

from monitoring.findings import DAY_S
from monitoring.hours import KIND, Traffic, count_by_hour
from monitoring.reference import Reference
from storage import UnitOfWork
from storage.measurements import Measurement
from storage.new_traffic import read_new_traffic

ROWS = 20_000
"""Transactions looked at in a round: 0.3 s; of more, every so many-th."""
KEPT_S = 65 * DAY_S
"""Hours are kept so long: a week, the one four weeks before it, and four weeks for profiles to fill."""
PLACES = "places"


class Hours:
    """Counts by hour of event time, in the bins of the base in force.

    With another base in force everything begins anew: counts in other bins cannot be compared.
    """

    def __init__(self, entities: Sequence[str]) -> None:
        self._entities = entities
        self._base = ""
        self.by_start: dict[float, Traffic] = {}

    def load(self, unit: UnitOfWork, reference: Reference) -> None:
        """Read what is stored, unless it is at hand."""
        if self._base != reference.base:
            self.by_start = {
                row.time: Traffic.from_measurement(row)
                for row in unit.measurements.of_kind(KIND)
                if row.details["base"] == reference.base
            }
            self._base = reference.base

    def count_new(self, unit: UnitOfWork, reference: Reference) -> dict[float, Traffic]:
        """Read on from where the last round stopped, and store hours and place; returns the changed hours.

        They are taken up by `take_up`, once they are committed.
        """
        known = unit.measurements.of_kind(PLACES)
        places = {int(partition): offset for partition, offset in known[0].details.items()} if known else {}
        width = len(reference.features)
        new = read_new_traffic(unit.session, places, ROWS, width)
        counted = count_by_hour(new, reference.features, reference.histograms, self._entities)
        nothing = Traffic.nothing(width)
        changed = {start: hour + self.by_start.get(start, nothing) for start, hour in counted.items()}
        at = {str(partition): offset for partition, offset in new.places.items()}
        unit.measurements.put(hour.to_measurement(start, reference.base) for start, hour in changed.items())
        unit.measurements.put([Measurement(kind=PLACES, subject="", time=0.0, value=0.0, details=at)])
        return changed

    def take_up(self, changed: dict[float, Traffic]) -> None:
        """Hours that are committed now."""
        self.by_start.update(changed)

    def forget(self, unit: UnitOfWork, end: float) -> None:
        """Drop hours that nothing is compared with any more."""
        unit.measurements.delete_before(KIND, time=end - KEPT_S)
        self.by_start = {at: hour for at, hour in self.by_start.items() if at >= end - KEPT_S}
