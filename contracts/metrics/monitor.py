"""Metrics of the monitor; they describe the last day of event time."""

from prometheus_client import Gauge, Histogram

from contracts.metrics.buckets import SECONDS

ROUND_TIME = Gauge(
    "flagfive_monitor_round_timestamp_seconds", "Time of the last monitoring round, seconds since 1970."
)
ROUND_SECONDS = Histogram("flagfive_monitor_round_seconds", "Seconds of a monitoring round.", buckets=SECONDS)
LOOKED_AT = Gauge("flagfive_monitor_rows", "Transactions of the last day that the monitor read.")
ALARM = Gauge(
    "flagfive_alarm_subjects",
    "Features, values or sources that an alarm of the monitor names; 0 while the alarm is closed.",
    ["alarm"],
)
PSI = Gauge(
    "flagfive_psi_ratio",
    "Population stability index of a feature, last day against the week before; 0.25 is major.",
    ["feature"],
)
PSI_BASE = Gauge(
    "flagfive_psi_base_ratio",
    "Population stability index of a feature, last day against the training data of the base.",
    ["feature"],
)
CHANGE_EVIDENCE = Gauge(
    "flagfive_change_evidence_ratio",
    "Evidence that traffic has changed, divided by what raises an alarm, by feature, surprise, and together; "
    "an alarm is raised when `together` reaches 1.",
    ["subject"],
)
SCORE_PSI = Gauge(
    "flagfive_score_psi_ratio",
    "Population stability index of the tails, last day against an even distribution.",
)
SCORE_KS = Gauge(
    "flagfive_score_ks_ratio",
    "Kolmogorov-Smirnov distance of surprise, last day against the week before.",
)
MISSING = Gauge("flagfive_missing_ratio", "Share of the last day without a value in this field.", ["field"])
UNSEEN = Gauge(
    "flagfive_unseen_ratio",
    "Share of the last day with a value that was absent in the week before.",
    ["field"],
)
NEW_ENTITIES = Gauge(
    "flagfive_new_entities_ratio", "Share of the last day whose entity had never been seen.", ["entity"]
)
ALERT_RATE = Gauge("flagfive_alert_rate_ratio", "Share of the last day that was alerted.")
QUALITY = Gauge(
    "flagfive_quality_ratio",
    "Recall, estimated recall, average precision and card precision at k of the newest day whose labels are "
    "complete, with its 95% interval.",
    ["measure", "bound"],
)
LABELS_MISSING = Gauge(
    "flagfive_labels_missing_ratio",
    "Estimated share of frauds without a label yet, on the day of the estimated recall.",
)
DETECTOR_ALERTS = Gauge(
    "flagfive_detector_alerts", "Alerts of the last day, by the busiest scorers.", ["scorer"]
)
DETECTOR_PRECISION = Gauge(
    "flagfive_detector_precision_ratio",
    "Share of the last 50 judged alerts that were confirmed, by the busiest scorers.",
    ["scorer"],
)
PREVENTED_SECONDS = Gauge(
    "flagfive_flag_to_prevented_seconds",
    "Seconds from a flag to the first confirmed fraud that its detector alerted, of the busiest detectors.",
    ["detector"],
)
LABELS_RECENT = Gauge("flagfive_labels_recent", "Labels of the last four weeks, by source.", ["source"])
LABEL_TIME = Gauge(
    "flagfive_label_timestamp_seconds", "Time of the last label, seconds since 1970, by source.", ["source"]
)
LABEL_DELAY_SECONDS = Gauge(
    "flagfive_label_delay_seconds",
    "Seconds from a fraud to its first label, by source: median and 90th percentile.",
    ["source", "quantile"],
)
DECISIONS = Gauge(
    "flagfive_decisions_recent", "Verdicts of the last day, by the role of their author.", ["role"]
)
QUEUE = Gauge("flagfive_queue_open_alerts", "Alerts without a verdict.")
QUEUE_AGE = Gauge("flagfive_queue_age_seconds", "Event time since the oldest alert without a verdict.")
OVERDUE_CASES = Gauge("flagfive_overdue_cases", "Cases that are not closed although past their deadline.")
HELD = Gauge(
    "flagfive_held_amount",
    "Amount alerted in the last day, in the units of the transactions, by status of the alert.",
    ["status"],
)
