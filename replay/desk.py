"""Simulates the analysts of a live replay: they examine alerts of a shift and flag missed frauds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from replay.traffic import Rows, TrafficRows, joined


@dataclass(frozen=True)
class SimulatedDesk:
    """Analysts with limited time.

    Attributes:
        examined: Alerts that are examined in a shift at most, the most suspicious first.
        flags: Frauds that are flagged in a shift at most.
    """

    examined: int
    flags: int

    def examine(self, margin: Doubles) -> Rows:
        """Return the rows of a shift that are examined, ascending; alerts have a margin (n,) above 0."""
        alerts = np.flatnonzero(margin > 0)
        return np.sort(alerts[np.argsort(-margin[alerts], kind="stable")[: self.examined]])

    def flag(self, shift: TrafficRows, margin: Doubles) -> Rows:
        """Return the rows that card holders report: frauds without an alert, each of another card."""
        missed = np.flatnonzero(shift.fraud & ~(margin > 0))
        _, first = np.unique(shift.card[missed], return_index=True)
        return missed[np.sort(first)[: self.flags]]


@dataclass(frozen=True)
class News:
    """What became known in a shift.

    Attributes:
        now: Event time at the end of the shift, seconds since 1970.
        shift: The rows of the shift.
        examined: Rows of `shift` that were examined.
        flagged: Rows of `shift` that were flagged.
        matured: Rows of any time whose labels have come; None where none has.
    """

    now: float
    shift: TrafficRows
    examined: Rows
    flagged: Rows
    matured: TrafficRows | None

    def judged(self) -> TrafficRows:
        """Return the examined rows whose label is known, and the flagged rows."""
        rows = np.union1d(self.examined, self.flagged)
        return self.shift.where(rows[self.shift.known[rows]])


class Ledger:
    """Holds labels back until `delay_s` seconds after their transactions."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._waiting: list[TrafficRows] = []

    def add(self, traffic: TrafficRows) -> None:
        """Take in rows; those without a label are dropped."""
        if traffic.known.any():
            self._waiting.append(traffic.where(traffic.known))

    def due(self, now: float) -> TrafficRows | None:
        """Return the rows whose labels have come by `now`, each once; None where none has."""
        come, still = [], []
        for traffic in self._waiting:
            ripe = traffic.seconds + self._delay_s <= now
            come += [traffic.where(ripe)] if ripe.any() else []
            still += [traffic.where(~ripe)] if not ripe.all() else []
        self._waiting = still
        return joined(come) if come else None
