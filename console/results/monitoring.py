"""Results about detection, traffic and workers."""

from __future__ import annotations

from dataclasses import dataclass

from console.results.learning import LearningState


@dataclass(frozen=True)
class DriftRow:
    """Drift of a feature as population stability index: below 0.1 stable, above 0.25 major."""

    feature: str
    psi: float
    watched: bool = True
    """Whether it may raise an alarm; features that follow the calendar move every day."""


@dataclass(frozen=True)
class EvidenceRow:
    """Evidence that a feature or surprise has changed."""

    subject: str
    value: float


@dataclass(frozen=True)
class ChangeEvidenceSummary:
    """Evidence that traffic has changed.

    `together` is the highest evidence of a subject; an alarm is raised at `needed`. `rows` has the subjects
    with most evidence, highest first.
    """

    together: float
    needed: float
    rows: list[EvidenceRow]


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
    recall_without_labels: float | None
    """Estimate from the scores alone; no gate reads it. So is `precision_without_labels`."""
    precision_without_labels: float | None
    frauds: int
    labels_missing: float | None


@dataclass(frozen=True)
class SegmentRow:
    """Traffic and known fraud of a segment; `passed` were approved without an alert."""

    segment: str
    payments: float
    value: float
    frauds: int
    fraud_value: float
    passed: int
    passed_value: float
    rate_by_value: float | None
    rate_by_count: float | None


@dataclass(frozen=True)
class ScorerMoneyRow:
    """Alerts and money of the base, a detector, `block` or a written rule; `held` is confirmed fraud only.

    `false_positive_ratio` is alerts judged genuine for each one confirmed.
    """

    scorer: str
    alerts: int
    confirmed: int
    rejected: int
    unjudged: int
    held: float
    unjudged_value: float
    rejected_value: float
    false_positive_ratio: float | None


@dataclass(frozen=True)
class BusinessSummary:
    """The business view of the last `period_days` days of event time, `days` of which have traffic.

    `psd2_limit` is the highest amount in EUR that the fraud rate of card-absent payments may exempt from
    strong authentication (Delegated Regulation (EU) 2018/389, article 19). `vamp_ratio` is the part of Visa's
    ratio that comes from known fraud. `review_s` are an analyst's seconds for one alert.
    """

    period_days: int
    since: float
    until: float
    days: int
    segments: list[SegmentRow]
    scorers: list[ScorerMoneyRow]
    together: ScorerMoneyRow
    psd2_limit: int | None
    vamp_ratio: float | None
    vamp_level: str
    review_s: float | None
    waiting: int
    oldest_s: float
    median_s: float


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
    evidence: ChangeEvidenceSummary | None
    """Null until five weeks of traffic are stored."""
    business: BusinessSummary | None
    """Of 30 days; null until it is measured."""
    quarter: BusinessSummary | None
    """Of 90 days."""
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
