"""A round as metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from prometheus_client import Gauge

from contracts.metrics import monitor as metrics
from meta.histograms import stability_index
from monitoring import drift
from monitoring.alarms import NAMES
from monitoring.days import ESTIMATED
from monitoring.detectors import OTHER, capped
from monitoring.findings import Periods
from monitoring.labels import USUAL_S
from monitoring.reference import Reference
from monitoring.told import People, Told
from storage.measurements import Measurement

SOURCES = 8
"""So many sources of labels are told apart; whoever writes to `feedback` names them."""
QUANTILES = (0.5, 0.9)
Values = Mapping[tuple[str], float] | Mapping[tuple[str, str], float]
"""By the values of a gauge's labels."""


class Serving:
    """Sets the monitor's gauges; a label that is not told any more goes."""

    def __init__(self) -> None:
        self._set: dict[int, set[tuple[str, ...]]] = {}

    def show(self, told: Told, entities: Sequence[str], now: float) -> None:
        """Serve what a round at `now` found."""
        metrics.LOOKED_AT.set(told.rows)
        self._replace(metrics.ALARM, {(name,): 0.0 for name in NAMES} | _alarms(told))
        if told.reference is not None:
            self._show_drift(told.periods, told.reference, entities)
        self._replace(metrics.QUALITY, _quality(told.quality))
        if (estimated := told.quality.get(ESTIMATED)) is not None:
            metrics.LABELS_MISSING.set(estimated.details["labels_missing"])
        self._replace(metrics.DETECTOR_ALERTS, {(n,): float(f.alerts) for n, f in told.scorers.items()})
        precision = {(n,): f.precision for n, f in told.scorers.items() if f.precision is not None}
        self._replace(metrics.DETECTOR_PRECISION, precision)
        self._show_people(told.people, now)
        metrics.ROUND_TIME.set(now)

    def _show_drift(self, periods: Periods, reference: Reference, entities: Sequence[str]) -> None:
        day, before = periods.day, periods.week_before
        if day is None:
            return
        base = reference.histograms.shares.astype(np.float64)
        to_base = stability_index(drift.shares(day.features), base)
        names = reference.features
        self._replace(metrics.PSI_BASE, {(n,): float(to_base[j]) for j, n in enumerate(names)})
        metrics.SCORE_PSI.set(drift.score_psi(day))
        metrics.ALERT_RATE.set(day.alerts / max(day.rows, 1.0))
        fields = {"category": day.categories, "currency": day.currencies}
        self._replace(metrics.MISSING, {(field,): drift.missing(c) for field, c in fields.items()})
        self._replace(metrics.NEW_ENTITIES, {(e,): drift.novelty(day, e) for e in entities})
        if before is None:
            return
        moved = drift.feature_drift(day, before, names)
        self._replace(metrics.PSI, {(one.feature,): one.psi for one in moved})
        metrics.SCORE_KS.set(drift.kolmogorov_smirnov(day, before))
        then = {"category": before.categories, "currency": before.currencies}
        unseen = {(f,): float(sum(drift.unseen(fields[f], then[f]).values())) for f in fields}
        self._replace(metrics.UNSEEN, unseen)

    def _show_people(self, people: People, now: float) -> None:
        recent = {s: float(sum(t >= now - USUAL_S for t in times)) for s, times in people.labels.items()}
        kept = capped(recent, SOURCES)
        self._replace(metrics.LABELS_RECENT, {(source,): count for source, count in kept.items()})
        named = [source for source in kept if source != OTHER and people.labels.get(source)]
        self._replace(metrics.LABEL_TIME, {(source,): people.labels[source][-1] for source in named})
        delays = {
            (source, str(q)): float(np.quantile(people.delays[source], q))
            for source in named
            if people.delays.get(source)
            for q in QUANTILES
        }
        self._replace(metrics.LABEL_DELAY_SECONDS, delays)
        self._replace(metrics.DECISIONS, {(r or "none",): float(n) for r, n in people.decisions.items()})
        self._replace(metrics.PREVENTED_SECONDS, {(d,): s for d, s in people.prevented.items()})
        self._replace(metrics.HELD, {(status,): amount for status, amount in people.held.items()})
        metrics.QUEUE.set(people.open_alerts)
        metrics.QUEUE_AGE.set(people.queue_age_s)

    def _replace(self, gauge: Gauge, values: Values) -> None:
        """Set these label values, then remove those of earlier rounds: a scrape in between misses none."""
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        told: set[tuple[str, ...]] = set(values)
        for gone in self._set.get(id(gauge), set()) - told:
            gauge.remove(*gone)
        self._set[id(gauge)] = told


def _alarms(told: Told) -> dict[tuple[str], float]:
    return {(name,): float(len(finding.subjects)) for name, finding in told.alarms.items()}


def _quality(quality: Mapping[str, Measurement]) -> dict[tuple[str, str], float]:
    found = {}
    for kind, row in quality.items():
        for bound, value in (("value", row.value), ("low", row.low), ("high", row.high)):
            if value is not None:
                found[kind, bound] = value
    return found
