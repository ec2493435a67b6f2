"""Publishes the report of a round as Prometheus gauges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from prometheus_client import Gauge

from contracts.metrics import monitor as metrics
from meta.histograms import stability_index
from monitoring import drift
from monitoring.alarms import NAMES
from monitoring.daily_measurements import ESTIMATED
from monitoring.labels import USUAL_S
from monitoring.periods import Periods
from monitoring.reference import Reference
from monitoring.report import ReviewActivity, RoundReport
from monitoring.scorer_figures import OTHER, capped
from storage.measurements import Measurement

SOURCES = 8
"""The busiest sources of labels get a series each, the others share one: senders choose the names freely."""
QUANTILES = (0.5, 0.9)
Values = Mapping[tuple[str], float] | Mapping[tuple[str, str], float]
"""Values of a gauge, by its label values."""


class MonitorGauges:
    """Sets the gauges of the monitor, and removes the series that the last round no longer reports."""

    def __init__(self) -> None:
        self._set: dict[int, set[tuple[str, ...]]] = {}

    def publish(self, report: RoundReport, entities: Sequence[str], now: float) -> None:
        """Set all gauges from the report of a round.

        Args:
            report: what the round found.
            entities: names of the entities.
            now: time of the round, seconds since 1970.
        """
        metrics.LOOKED_AT.set(report.rows)
        self._replace(metrics.ALARM, {(name,): 0.0 for name in NAMES} | _alarms(report))
        if report.reference is not None:
            self._set_drift(report.periods, report.reference, entities)
        self._replace(metrics.CHANGE_EVIDENCE, {(name,): value for name, value in report.evidence.items()})
        self._replace(metrics.QUALITY, _quality(report.quality))
        if (estimated := report.quality.get(ESTIMATED)) is not None:
            metrics.LABELS_MISSING.set(estimated.details["labels_missing"])
        self._replace(metrics.DETECTOR_ALERTS, {(n,): float(f.alerts) for n, f in report.scorers.items()})
        precision = {(n,): f.precision for n, f in report.scorers.items() if f.precision is not None}
        self._replace(metrics.DETECTOR_PRECISION, precision)
        self._set_review(report.review, now)
        metrics.ROUND_TIME.set(now)

    def _set_drift(self, periods: Periods, reference: Reference, entities: Sequence[str]) -> None:
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
        self._replace(metrics.MISSING, {(field,): drift.missing_share(c) for field, c in fields.items()})
        self._replace(metrics.NEW_ENTITIES, {(e,): drift.new_entity_share(day, e) for e in entities})
        if before is None:
            return
        moved = drift.feature_drift(day, before, names)
        self._replace(metrics.PSI, {(one.feature,): one.psi for one in moved})
        metrics.SCORE_KS.set(drift.kolmogorov_smirnov(day, before))
        then = {"category": before.categories, "currency": before.currencies}
        unseen = {(f,): float(sum(drift.unseen_values(fields[f], then[f]).values())) for f in fields}
        self._replace(metrics.UNSEEN, unseen)

    def _set_review(self, review: ReviewActivity, now: float) -> None:
        recent = {s: float(sum(t >= now - USUAL_S for t in times)) for s, times in review.labels.items()}
        kept = capped(recent, SOURCES)
        self._replace(metrics.LABELS_RECENT, {(source,): count for source, count in kept.items()})
        named = [source for source in kept if source != OTHER and review.labels.get(source)]
        self._replace(metrics.LABEL_TIME, {(source,): review.labels[source][-1] for source in named})
        delays = {
            (source, str(q)): float(np.quantile(review.delays[source], q))
            for source in named
            if review.delays.get(source)
            for q in QUANTILES
        }
        self._replace(metrics.LABEL_DELAY_SECONDS, delays)
        self._replace(metrics.DECISIONS, {(r or "none",): float(n) for r, n in review.decisions.items()})
        self._replace(metrics.PREVENTED_SECONDS, {(d,): s for d, s in review.prevented.items()})
        self._replace(metrics.HELD, {(status,): amount for status, amount in review.held.items()})
        metrics.QUEUE.set(review.open_alerts)
        metrics.QUEUE_AGE.set(review.queue_age_s)
        metrics.OVERDUE_CASES.set(review.overdue_cases)

    def _replace(self, gauge: Gauge, values: Values) -> None:
        """Set the values first, then remove old series, so that a scrape in between misses none."""
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        current: set[tuple[str, ...]] = set(values)
        for gone in self._set.get(id(gauge), set()) - current:
            gauge.remove(*gone)
        self._set[id(gauge)] = current


def _alarms(report: RoundReport) -> dict[tuple[str], float]:
    return {(name,): float(len(finding.subjects)) for name, finding in report.alarms.items()}


def _quality(quality: Mapping[str, Measurement]) -> dict[tuple[str, str], float]:
    found = {}
    for kind, row in quality.items():
        for bound, value in (("value", row.value), ("low", row.low), ("high", row.high)):
            if value is not None:
                found[kind, bound] = value
    return found
