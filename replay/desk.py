"""The analyst of a live replay: which alerts of a shift are examined, and what is flagged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles
from replay.traffic import Rows, TrafficRows, joined


@dataclass(frozen=True)
class SimulatedDesk:
    """Alerts that are examined in a shift, the most suspicious first, and frauds that are flagged in it."""

    examined: int
    flags: int

    def examine(self, margin: Doubles) -> Rows:
        """Rows of a shift that are examined: of those over the threshold, margin (n,) above 0."""
        alerts = np.flatnonzero(margin > 0)
        return np.sort(alerts[np.argsort(-margin[alerts], kind="stable")[: self.examined]])

    def flag(self, shift: TrafficRows, margin: Doubles) -> Rows:
        """Rows that card holders report by the end of the shift: frauds that passed, each of another card."""
        missed = np.flatnonzero(shift.fraud & ~(margin > 0))
        _, first = np.unique(shift.card[missed], return_index=True)
        return missed[np.sort(first)[: self.flags]]


@dataclass(frozen=True)
class News:
    """What is known at the end of a shift that was not before.

    examined, flagged: rows of `shift`. matured: rows of any time whose labels have come.
    """

    now: float
    shift: TrafficRows
    examined: Rows
    flagged: Rows
    matured: TrafficRows | None

    def judged(self) -> TrafficRows:
        """Examined rows with a truth, and the flagged ones."""
        rows = np.union1d(self.examined, self.flagged)
        return self.shift.where(rows[self.shift.known[rows]])


class Ledger:
    """Labels on their way: each comes `delay_s` seconds after its transaction."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._waiting: list[TrafficRows] = []

    def add(self, traffic: TrafficRows) -> None:
        """Take in rows, of which those without a truth are forgotten."""
        if traffic.known.any():
            self._waiting.append(traffic.where(traffic.known))

    def due(self, now: float) -> TrafficRows | None:
        """Rows whose labels have come by `now`, each once; None where none has."""
        come, still = [], []
        for traffic in self._waiting:
            ripe = traffic.seconds + self._delay_s <= now
            come += [traffic.where(ripe)] if ripe.any() else []
            still += [traffic.where(~ripe)] if not ripe.all() else []
        self._waiting = still
        return joined(come) if come else None
