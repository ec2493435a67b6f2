"""Results about detection, traffic and workers."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.learning import LearningState


@dataclass(frozen=True)
class DriftRow:
    """Drift of a feature as population stability index: below 0.1 stable, above 0.25 major."""

    feature: str
    psi: float


@dataclass(frozen=True)
class TrafficSeries:
    """Hourly traffic by event time: times (s since 1970 UTC), share alerted, transactions a second."""

    times: list[float]
    alert_rate: list[float | None]
    throughput: list[float]


@dataclass(frozen=True)
class QualityDay:
    """Quality of one full day of event time, from the labels so far; measures are shares or null.

    `time` is the start of the day. `labels_missing` is the estimated share of its frauds that are still
    unreported.
    """

    time: float
    recall: float | None
    estimated_recall: float | None
    average_precision: float | None
    card_precision: float | None
    frauds: int
    labels_missing: float | None


@dataclass(frozen=True)
class OpenAlarm:
    """An open alarm: its start, subjects, worst value and limit."""

    name: str
    since: float
    subjects: list[str]
    worst: float
    limit: float


@dataclass(frozen=True)
class WorkerRow:
    """A worker, its partitions, and the control offset in force on all of them."""

    name: str
    partitions: list[int]
    control_offset: int
    seen_at: float


@dataclass(frozen=True)
class PartitionRow:
    """A partition of `transactions`: end offset, committed offset, and last stored offset.

    `lag` counts records not yet scored; null if the broker has not answered or nothing was ever committed.
    `worker` sent the latest acknowledgement for the partition.
    """

    partition: int
    worker: str | None
    end: int | None
    committed: int | None
    lag: int | None
    stored: int | None


@dataclass(frozen=True)
class MonitoringSummary:
    """Figures of monitoring; null where too little is stored or `flagfive monitor` has not measured yet."""

    learning: LearningState
    throughput: float
    alert_rate: float | None
    budget: float
    precision: float | None
    judged: int
    waiting: int
    drift: list[DriftRow]
    series: TrafficSeries
    quality: list[QualityDay]
    alarms: list[OpenAlarm]
    workers: list[WorkerRow]
    partitions: list[PartitionRow]
    lag_read_at: float | None
    """Time of the last answer of the broker."""
    lag_problem: str
    """Why the lag is not current; empty if it is."""
    grafana: str
