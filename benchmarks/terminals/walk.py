"""Processes Handbook's payments hour by hour, with the entity rules as they run live."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.fewshot.datasets import DAY, Dataset, Window
from meta.entity_risk import left_by_blocks
from replay.entity_rules import EntityRules
from replay.traffic import TrafficRows
from replay.truth import FRAUD, GENUINE

COMPROMISED = 2  # Handbook's scenario of terminals
SHIFT_S = 3_600.0
RECENT_DAYS = 7


@dataclass
class Tally:
    """Counts of one window: caught and missed frauds at terminals flagged before, and false alarms."""

    genuine: int = 0
    alarms_of_base: int = 0
    alarms_of_blocks: int = 0
    _caught: list[bool] = field(default_factory=list)
    _terminal: list[int] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """Return the number of frauds from the second transaction after a terminal's first flag on."""
        return len(self._caught)

    @property
    def caught(self) -> int:
        """Return the number of these frauds that raised an alert."""
        return sum(self._caught)

    def interval(self) -> tuple[float, float]:
        """Return the 95% interval of the recall from 200 bootstrap replicates over terminals."""
        terminals, place = np.unique(self._terminal, return_inverse=True)
        caught, n = np.bincount(place, self._caught), np.bincount(place)
        drawn = np.random.default_rng(0).integers(len(terminals), size=(200, len(terminals)))
        return tuple(np.quantile(caught[drawn].sum(1) / n[drawn].sum(1), [0.025, 0.975]).tolist())

    def add(self, terminal: int, caught: bool) -> None:
        """Count a fraud from the second transaction after a terminal's first flag on."""
        self._caught.append(caught)
        self._terminal.append(terminal)


class Walk:
    """Processes shifts in turn; in each, analysts judge every alert and report every missed fraud."""

    def __init__(self, data: Dataset, surprise: np.ndarray, budget: float) -> None:
        self.data, self.surprise, self.budget = data, surprise, budget
        self.rules = EntityRules(budget)
        self._after: dict[int, int] = {}  # transactions at a terminal since its first flag

    def over(self, window: Window) -> Tally:
        """Process a window of days, and recalibrate the threshold before each day, as live."""
        tally = Tally()
        for day in range(window.first, window.last):
            rows = self.data.days(Window(day, day + 1))
            threshold = self._calibrated(self.data.days(Window(day - RECENT_DAYS, day)))
            cuts = np.searchsorted(
                self.data.rows.seconds[rows], np.arange(day * DAY, (day + 1) * DAY, SHIFT_S)
            )
            for part in np.split(rows, cuts[1:]):
                if len(part):
                    self._shift(part, threshold, tally)
        return tally

    def _calibrated(self, recent: np.ndarray) -> float:
        """Return the threshold on recent genuine rows for the part of the budget that blocks leave."""
        shift = self.traffic(recent)
        left = left_by_blocks(self.budget, self.rules.cost(shift, _per_day(shift)))
        return float(np.quantile(self.surprise[recent[self.data.rows.family[recent] == 0]], 1.0 - left))

    def _shift(self, rows: np.ndarray, threshold: float, tally: Tally) -> None:
        shift = self.traffic(rows)
        blocked, over = self.rules.blocked(shift), self.surprise[rows] > threshold
        self._count(rows, blocked | over, tally)
        genuine = ~shift.fraud
        tally.genuine += int(genuine.sum())
        tally.alarms_of_base += int((genuine & over).sum())
        tally.alarms_of_blocks += int((genuine & blocked & ~over).sum())
        newest = self.data.rows.seconds[rows[-1]]
        first = np.searchsorted(self.data.rows.seconds, newest - RECENT_DAYS * DAY)
        recent = self.traffic(np.arange(first, rows[-1] + 1))
        frauds = shift.where(shift.fraud)
        if len(frauds):
            self.rules.confirm(frauds, recent, _per_day(recent), of_one_pattern=False)
        self.rules.clear(shift.where(genuine & (blocked | over)))

    def _count(self, rows: np.ndarray, alerted: np.ndarray, tally: Tally) -> None:
        merchant, family = self.data.merchant[rows], self.data.rows.family[rows]
        flagged = set()
        for terminal, kind, caught in zip(merchant.tolist(), family.tolist(), alerted.tolist(), strict=True):
            if terminal in self._after:
                self._after[terminal] += 1
                if kind == COMPROMISED and self._after[terminal] >= 2:
                    tally.add(terminal, caught)
            elif kind == COMPROMISED:
                flagged.add(terminal)
        self._after |= dict.fromkeys(flagged, 0)

    def traffic(self, rows: np.ndarray) -> TrafficRows:
        """Return the rows in the form that the rules read."""
        d = self.data.rows
        keys = np.stack([d.card[rows], self.data.merchant[rows]], 1).astype(np.uint64)
        fraud = np.where(d.family[rows] > 0, FRAUD, GENUINE).astype(np.int8)
        nothing = np.zeros((len(rows), 0), np.float32)
        amount = np.zeros(len(rows))
        family = d.family[rows].astype(np.int32)
        return TrafficRows(nothing, fraud, family, keys, d.seconds[rows], amount, rows.astype(np.int64))


def _per_day(recent: TrafficRows) -> float | None:
    """Return transactions per day by event time; None if they cover less than a day."""
    days = float(np.ptp(recent.seconds)) / DAY
    return len(recent) / days if days >= 1.0 else None
