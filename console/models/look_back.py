"""Finds earlier transactions that a detector would have alerted."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.models.results import CannotScore
from control.snapshot import Snapshot
from meta.adapters.protocol import Adapter
from meta.calibration import Tails
from meta.detector import Detector
from meta.reservoir import FEWEST_ROWS
from meta.support import with_surprise
from storage import UnitOfWork
from storage.detectors import DetectorRow
from storage.labels import FRAUD, GENUINE
from storage.past import SlimColumns
from storage.traffic_sample import NEWEST, SIZE

DAY_S = 86_400.0


@dataclass(frozen=True, order=True)
class Match:
    """A transaction that the detector would have alerted; matches order by surprise."""

    surprise: float
    transaction_id: str
    event_time: float
    amount: float
    alerted: bool
    """Whether other scorers alerted it."""
    verdict: str | None
    """Latest verdict; None if there is none."""


@dataclass
class LookedBack:
    """Matches among `scanned` transactions of `days` days of event time."""

    days: float
    scanned: int = 0
    alerted: int = 0
    """Matches that other scorers alerted."""
    fraud: int = 0
    genuine: int = 0
    """Matches known to be fraud or genuine."""
    total: int = 0
    amount: float = 0.0
    best: tuple[Match, ...] = ()
    """The matches with the highest surprise, highest first."""

    @property
    def added_a_day(self) -> float:
        """Alerts a day that the detector would add."""
        return (self.total - self.alerted) / self.days

    def __str__(self) -> str:
        unjudged = self.total - self.fraud - self.genuine
        return (
            f"{self.total:,} of {self.scanned:,} transactions of {self.days:.1f} days match: {self.fraud:,} "
            f"known frauds, {self.genuine:,} known genuine, {unjudged:,} unjudged; {self.alerted:,} were "
            f"alerted anyway, {self.added_a_day:,.1f} alerts a day more; {self.amount:,.2f} in amounts"
        )


def look_back(
    unit: UnitOfWork,
    snapshot: Snapshot,
    row: DetectorRow,
    *,
    days: float,
    most: int,
) -> LookedBack:
    """Score the last `days` of event time with a stored detector, live or draft, at its gate's threshold.

    The tails of the detector are fitted to recent traffic.

    Args:
        unit: open unit of work.
        snapshot: base and detectors in force.
        row: the detector.
        days: event time to search, in days.
        most: maximum number of matches in `best`.

    Raises:
        CannotScore: the detector cannot score, or too little is stored.
    """
    detector = Detector.from_bytes(row.payload)
    adapter = snapshot.adapter_of(detector)
    newest = unit.past.newest_event_time()
    if adapter is None or snapshot.base is None or snapshot.stack is None:
        raise CannotScore(f"the network or base of detector {row.id} is not in force")
    usual = unit.past.sample(SIZE, newest=NEWEST, seed=0).features
    if newest is None or len(usual) < FEWEST_ROWS:
        raise CannotScore(f"looking back needs {FEWEST_ROWS} stored transactions, there are {len(usual)}")
    scorer = _Scorer(snapshot, adapter, detector, float(row.gate.get("shift", 0.0)))
    scorer.tails = Tails.fit(scorer.scores(usual))
    threshold = row.threshold if row.threshold is not None else np.inf
    found, first = LookedBack(days), newest
    for rows in unit.past.slim_since(newest - days * DAY_S, usual.shape[1]):
        first = min(first, float(rows.event_time.min()))
        found.scanned += len(rows.ids)
        _take(unit, found, rows, scorer, threshold, most)
    found.days = max((newest - first) / DAY_S, 1e-3)
    return found


@dataclass
class _Scorer:
    snapshot: Snapshot
    adapter: Adapter
    detector: Detector
    shift: float
    tails: Tails | None = None

    def scores(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds of rows (n, d)."""
        stack = self.snapshot.stack
        assert stack is not None  # looked at before
        if self.adapter.needs_surprise:
            X = with_surprise(X, stack.base_tails.surprise(stack.base.score(X)))
        return self.adapter.score(self.detector, X)

    def surprise(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Surprise of rows (n, d), shift included."""
        assert self.tails is not None  # fitted first
        return self.tails.surprise(self.scores(X)) + self.shift


def _take(
    unit: UnitOfWork,
    found: LookedBack,
    rows: SlimColumns,
    scorer: _Scorer,
    threshold: float,
    most: int,
) -> None:
    surprise = scorer.surprise(rows.features)
    over = np.flatnonzero(surprise > threshold)
    ids = rows.ids.take(over).to_pylist()
    labels = unit.labels.latest(ids)
    matches = []
    for place, identity in zip(over.tolist(), ids, strict=True):
        known = labels.get(identity)
        match = Match(
            float(surprise[place]),
            identity,
            float(rows.event_time[place]),
            float(rows.amount[place]),
            bool(rows.alerted[place]),
            known.verdict if known else None,
        )
        matches.append(match)
        found.total += 1
        found.alerted += match.alerted
        found.fraud += match.verdict == FRAUD
        found.genuine += match.verdict == GENUINE
        found.amount += match.amount
    found.best = tuple(
        heapq.nlargest(most, [*found.best, *matches], key=lambda m: (m.surprise, m.transaction_id))
    )
