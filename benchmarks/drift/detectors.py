"""Three detectors over the hours of a portfolio: the monitor's PSI and KS limits, ADWIN, and change evidence.

Each runs over the ordinary hours and over the changed ones, which are the same up to the change.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift.hours import CHANGE_H, NAMES, Hours
from benchmarks.drift.portfolio import DAY_S, START
from meta.histograms import BINS, Histograms, stability_index
from monitoring.change_detection import DELTA
from monitoring.change_evidence import ChangeEvidence, may_be_bet_on
from monitoring.drift import MAJOR, is_watched, shares
from monitoring.findings import KS_MAJOR
from monitoring.reference import Reference
from monitoring.traffic_counts import HOUR_S

Alarms = NDArray[np.bool_]
"""Whether the alarm of a detector is open after each hour, (T,)."""
Detector = Callable[[Hours, Hours, str], tuple[Alarms, Alarms]]
"""Called with ordinary hours, changed hours and the name of the portfolio; returns the alarms in both."""

BOUND = 0.01
LEARNT_H, WATCHED_H = 28 * 24, 35 * 24
"""ADWIN and evidence begin at the first hour; the alarms of all detectors count from the second one on."""
DAY, WEEK = 24, 7 * 24


def psi_and_ks(ordinary: Hours, changed: Hours, name: str) -> tuple[Alarms, Alarms]:
    """Compare the last day with the week before, as `feature_drift` and `score_drift` do."""
    return _psi_and_ks(ordinary), _psi_and_ks(changed)


def _psi_and_ks(hours: Hours) -> Alarms:
    watched = [j for j, name in enumerate(NAMES) if is_watched(name)]
    found = np.zeros(len(hours.surprise), np.bool_)
    moved = stability_index(*_day_and_week(hours.features[:, watched])).max(axis=1) > MAJOR
    day, week = _day_and_week(hours.surprise)
    apart = np.abs(np.cumsum(day - week, axis=1)).max(axis=1) > KS_MAJOR
    found[DAY + WEEK - 1 :] = moved | apart
    found[:WATCHED_H] = False
    return found


def _day_and_week(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of the last day and of the week before it, after each hour from the eighth day's end on."""
    summed = np.concatenate([np.zeros((1, *counts.shape[1:])), np.cumsum(counts, axis=0)])
    day = summed[DAY + WEEK :] - summed[WEEK:-DAY]
    week = summed[WEEK:-DAY] - summed[: -DAY - WEEK]
    return shares(day), shares(week)


def adwin(ordinary: Hours, changed: Hours, name: str) -> tuple[Alarms, Alarms]:
    """Run ADWIN on the hourly mean of each subject of the evidence, less that of such hours in week five.

    Means are those of the bins, 0 to 1. Without the correction, ADWIN detects every night.
    """
    from river.drift import ADWIN

    before, after = _deviations(ordinary), _deviations(changed)
    new: Any = ADWIN  # River's methods have no types
    series = [new(delta=DELTA) for _ in range(before.shape[1])]
    first = _run_adwin(series, before[LEARNT_H:CHANGE_H])
    other = deepcopy(series)
    return (
        _open(LEARNT_H, first, _run_adwin(series, before[CHANGE_H:])),
        _open(LEARNT_H, first, _run_adwin(other, after[CHANGE_H:])),
    )


def _deviations(hours: Hours) -> NDArray[np.float64]:
    features = hours.features[:, [j for j, name in enumerate(NAMES) if may_be_bet_on(name)]]
    means = np.column_stack([_means(features), _means(hours.surprise[:, None])])
    usual = means[LEARNT_H : LEARNT_H + WEEK]
    return np.clip(0.5 + means - usual[(np.arange(len(means)) - LEARNT_H) % WEEK], 0.0, 1.0)


def _means(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean bin of each histogram (..., bins), 0 to 1."""
    return np.asarray((shares(counts) * np.linspace(0.0, 1.0, counts.shape[-1])).sum(axis=-1))


def _run_adwin(series: list[Any], figures: NDArray[np.float64]) -> Alarms:
    found = np.zeros(len(figures), np.bool_)
    for one, values in zip(series, figures.T.tolist(), strict=True):
        for hour, value in enumerate(values):
            one.update(value)
            found[hour] |= one.drift_detected
    return found


def change_evidence(ordinary: Hours, changed: Hours, name: str) -> tuple[Alarms, Alarms]:
    """Bet hour by hour, as `change_evidence` does; the alarm stays open."""
    nothing = np.zeros((len(NAMES), BINS), np.float32)
    reference = Reference(NAMES, Histograms(nothing[:, 1:], nothing), name)
    evidence = ChangeEvidence(BOUND)
    evidence.restart(reference, start=1, began=START + LEARNT_H * HOUR_S)
    first = _collect(evidence, reference, ordinary, LEARNT_H, CHANGE_H)
    other = deepcopy(evidence)
    total = len(ordinary.surprise), len(changed.surprise)
    return (
        _open(LEARNT_H + 1, first, _collect(evidence, reference, ordinary, CHANGE_H, total[0]))[:-1],
        _open(LEARNT_H + 1, first, _collect(other, reference, changed, CHANGE_H, total[1]))[:-1],
    )


def _collect(evidence: ChangeEvidence, reference: Reference, hours: Hours, first: int, last: int) -> Alarms:
    """Whether the alarm is open after each hour; the monitor bets one hour later, see `LATE_S`."""
    found = np.zeros(last - first, np.bool_)
    for hour in range(first, last):
        evidence.bet_on(START + hour * HOUR_S, hours.traffic(hour), reference)
        found[hour - first] = evidence.alarmed is not None
    return found


def _open(quiet: int, first: Alarms, then: Alarms) -> Alarms:
    """Put the parts of a run behind `quiet` hours, and clear what comes before alarms count."""
    found = np.concatenate([np.zeros(quiet, np.bool_), first, then])
    found[:WATCHED_H] = False
    return found


DETECTORS: dict[str, Detector] = {
    "PSI and KS": psi_and_ks,
    "ADWIN": adwin,
    "change evidence": change_evidence,
}


def hours_to(alarms: Alarms, first: int) -> float | None:
    """Return the hours from the beginning of hour `first` to the end of the first hour with an open alarm."""
    found = np.flatnonzero(alarms[first:])
    return float(found[0]) + 1.0 if len(found) else None


def count_alarms(alarms: Alarms) -> int:
    """Count alarms; one that returns within a day is the same."""
    at = np.flatnonzero(alarms)
    return int(len(at) > 0) + int(np.sum(np.diff(at) > DAY_S / HOUR_S))
