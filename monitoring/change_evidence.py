"""Evidence of change in the stored hourly counts, kept between rounds and restarts.

1. Take the hours that are complete and not yet bet on, in order.  2. Bet on a sample of each.  3. Store
martingales, counts and the last hour in one database transaction. After a stop before 3, the same hours are
bet on again, with the same random numbers, which come from the hour.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from meta.arrays import Doubles
from meta.histograms import BINS
from monitoring.drift import is_watched, shares
from monitoring.exchangeability import Jumpers, bet_on_hour, evidence_needed, sample_bins
from monitoring.findings import Finding
from monitoring.periods import COLD_LONG_S, DAY_S, WEEK_S
from monitoring.reference import Reference
from monitoring.traffic_counts import HOUR_S, TrafficCounts
from storage import UnitOfWork
from storage.measurements import Measurement

ALARM = "change_evidence"
STATE, SEEN, EVIDENCE = "evidence_state", "evidence_seen", "evidence"
SURPRISE, TOGETHER = "surprise", "together"
PER_HOUR = 16
"""Values of each subject that are bet on in an hour; more would turn harmless differences into alarms."""
HOURS = 168
"""Hours of the week; a value is compared with those of the same hour of earlier weeks."""
LATE_S = HOUR_S
"""An hour is complete when this much later traffic is stored."""
RELEARNT_S = WEEK_S
"""A week after its alarm the test starts again, and the changed traffic becomes the ordinary one."""
_NAMED = 5
_ALL = 1.0  # state has time 0
# How often a card or a merchant pays follows the calendar for weeks, and neighbouring payments share it. Such
# values are not exchangeable. PSI watches them.
_FREQUENCIES = ("_count_", "_partners_", "_seconds_since_", "_mean_30d")
# Last bin of surprise in each of ten bins; each bin of the counts is 0.05 wide.
_SURPRISE_ENDS = np.array([1, 2, 4, 6, 10, 15, 20, 30, 40])


def may_be_bet_on(feature: str) -> bool:
    """Decide whether evidence is collected on a feature.

    Args:
        feature: name of the feature.

    Returns:
        False for features that follow the calendar, such as frequencies.

    Example:
        >>> may_be_bet_on("log_amount"), may_be_bet_on("card_log_count_30d"), may_be_bet_on("night")
        (True, False, False)
    """
    return is_watched(feature) and not any(part in feature for part in _FREQUENCIES)


@dataclass
class ChangeEvidence:
    """Collects evidence of change against one base."""

    alpha: float
    """Bound of the probability of a false alarm during the life of a base, over 0 to 1."""
    base: str = ""
    """Content hash of the base; another base starts everything anew."""
    subjects: tuple[str, ...] = ()
    """Features that are bet on, then `surprise`."""
    start: int = 1
    """Number of the start of the test."""
    began: float | None = None
    """Event time from which this start may bet; None until the first start has learnt when traffic began."""
    last: float = -math.inf
    """Event time at which the last hour that was bet on begins."""
    alarmed: float | None = None
    """Event time of the alarm of this start; None without one."""
    _jumpers: Jumpers = field(default_factory=lambda: Jumpers.new(0))
    _seen: dict[int, Doubles] = field(default_factory=dict)

    @property
    def needed(self) -> float:
        """Evidence that raises an alarm."""
        return evidence_needed(self.alpha, self.start)

    @property
    def together(self) -> float:
        """The evidence that counts: the highest of a subject; 0 before the first bet."""
        return max(self.by_subject.values(), default=0.0)

    @property
    def by_subject(self) -> dict[str, float]:
        """The evidence of each subject, which begins with an even share of 1; empty before the first bet.

        So each of m subjects alarms with a probability of at most alpha / m, and any of them with alpha,
        however they depend on each other.
        """
        if not self._jumpers.days:
            return {}
        evidence = self._jumpers.evidence / len(self.subjects)
        return dict(zip(self.subjects, evidence.tolist(), strict=True))

    def load(self, unit: UnitOfWork, reference: Reference) -> None:
        """Read the stored evidence of this base, unless it is in memory; without any, start anew."""
        if self.base == reference.base:
            return
        self.restart(reference, start=1, began=None)
        stored = unit.measurements.of_kind(STATE)
        if not stored or stored[0].details["base"] != reference.base:
            unit.measurements.delete_before(SEEN, time=_ALL)
            return
        kept = stored[0].details
        self.start, self.began = kept["start"], kept["began"]
        self.last, self.alarmed = kept["last"], kept["alarmed"]
        self._jumpers = Jumpers(np.array(kept["capital"]), kept["days"])
        self._seen = {
            int(row.subject): np.array(row.details["seen"]) for row in unit.measurements.of_kind(SEEN)
        }

    def forget(self) -> None:
        """Drop what is in memory; the next `load` reads what was committed."""
        self.base = ""

    def update(
        self, unit: UnitOfWork, hours: Mapping[float, TrafficCounts], reference: Reference, end: float
    ) -> None:
        """Bet on the hours that have become complete, and store the result; the caller commits.

        Args:
            unit: the unit of work.
            hours: hourly counts, by the event time at which the hour begins.
            reference: names of the features.
            end: event time up to which hours have ended, seconds since 1970.
        """
        if not hours:
            return
        if self.began is None:
            self.began = min(hours) + COLD_LONG_S
        if self.alarmed is not None and end - self.alarmed >= RELEARNT_S:
            unit.measurements.delete_before(SEEN, time=_ALL)
            self.restart(reference, start=self.start + 1, began=self.alarmed + RELEARNT_S)
        first = max(self.began, self.last + HOUR_S)
        due = sorted(at for at in hours if first <= at <= end - LATE_S - HOUR_S)
        touched = {self.bet_on(at, hours[at], reference) for at in due}
        if due:
            unit.measurements.put(self._rows(touched, due[-1]))

    def shown(self) -> dict[str, float]:
        """Return the evidence of each subject and `together`, divided by what raises an alarm."""
        found = {**self.by_subject, TOGETHER: self.together}
        return {name: value / self.needed for name, value in found.items()}

    def finding(self) -> Finding | None:
        """Return the alarm of this start, or None without one."""
        if self.alarmed is None:
            return None
        found = sorted(self.by_subject.items(), key=lambda one: -one[1])
        named = [name for name, value in found[:_NAMED] if value >= self.needed] or [found[0][0]]
        details = {"start": self.start, "evidence": dict(found), "bound": self.alpha}
        return Finding(ALARM, tuple(named), self.together, self.needed, details)

    def restart(self, reference: Reference, *, start: int, began: float | None) -> None:
        """Begin a start of the test without anything learnt.

        Args:
            reference: names of the features.
            start: number of the start, 1 or more.
            began: event time from which it bets; None for 28 days after the first stored hour.
        """
        self.base, self.start, self.began, self.alarmed = reference.base, start, began, None
        self.last = -math.inf
        self.subjects = (*(name for name in reference.features if may_be_bet_on(name)), SURPRISE)
        self._jumpers, self._seen = Jumpers.new(len(self.subjects)), {}

    def bet_on(self, at: float, hour: TrafficCounts, reference: Reference) -> int:
        """Bet on one hour, later than all before; `restart` must have set `began`.

        Args:
            at: event time at which the hour begins, seconds since 1970.
            hour: its counts.
            reference: names of the features.

        Returns:
            The number of the hour in the week, 0 to 167.
        """
        rng = np.random.default_rng([int(at // HOUR_S), zlib.crc32(self.base.encode())])
        assert self.began is not None  # `update` has set it
        while self._jumpers.days < (at - self.began) // DAY_S + 1:
            self._jumpers.begin_day()
        number = int(at // HOUR_S) % HOURS
        seen = self._seen.setdefault(number, np.zeros((len(self.subjects), BINS)))
        bins = sample_bins(_histograms(hour, reference.features), hour.looked_at, PER_HOUR, rng)
        bet_on_hour(self._jumpers, bins, seen, rng)
        self.last = at
        if self.alarmed is None and self.together >= self.needed:
            self.alarmed = at + HOUR_S
        return number

    def _rows(self, touched: set[int], newest: float) -> list[Measurement]:
        state = {
            "base": self.base,
            "start": self.start,
            "began": self.began,
            "last": self.last,
            "alarmed": self.alarmed,
            "days": self._jumpers.days,
            "capital": self._jumpers.capital.tolist(),
        }
        seen = [_row(SEEN, str(n), 0.0, 0.0, {"seen": self._seen[n].tolist()}) for n in sorted(touched)]
        day = newest // DAY_S * DAY_S
        shown = {"needed": self.needed, "subjects": self.by_subject}
        together = _row(EVIDENCE, "", day, self.together, shown)
        return [_row(STATE, "", 0.0, self.together, state), *seen, together]


@cache
def _columns(names: tuple[str, ...]) -> list[int]:
    return [j for j, name in enumerate(names) if may_be_bet_on(name)]


def _histograms(hour: TrafficCounts, names: tuple[str, ...]) -> Doubles:
    """Return the shares in ten bins of each subject, the last one surprise, (m, 10)."""
    parts = np.add.reduceat(hour.surprise, np.concatenate([[0], _SURPRISE_ENDS]))
    return shares(np.vstack([hour.features[_columns(names)], parts[None, :]]))


def _row(kind: str, subject: str, time: float, value: float, details: dict[str, object]) -> Measurement:
    return Measurement(kind=kind, subject=subject, time=time, value=value, details=details)
