"""Metrics of the monitor; they describe the last day by event time."""

from prometheus_client import Gauge, Histogram

from contracts.metrics.buckets import SECONDS

ROUND_TIME = Gauge(
    "flagfive_monitor_round_timestamp_seconds", "When the monitor last looked, seconds since 1970."
)
ROUND_SECONDS = Histogram(
    "flagfive_monitor_round_seconds", "Seconds that the monitor took to look.", buckets=SECONDS
)
LOOKED_AT = Gauge("flagfive_monitor_rows", "Transactions of the last day that the monitor looked at.")
ALARM = Gauge(
    "flagfive_alarm_subjects",
    "How many features, values or sources an alarm of the monitor names; 0 while it is closed.",
    ["alarm"],
)
PSI = Gauge(
    "flagfive_psi_ratio",
    "Population stability index of a feature, last day against the week before; 0.25 is major.",
    ["feature"],
)
PSI_BASE = Gauge(
    "flagfive_psi_base_ratio",
    "Population stability index of a feature, last day against what the base was trained on.",
    ["feature"],
)
SCORE_PSI = Gauge(
    "flagfive_score_psi_ratio", "Population stability index of the tails, last day against even ones."
)
SCORE_KS = Gauge(
    "flagfive_score_ks_ratio",
    "Kolmogorov-Smirnov distance of the surprises, last day against the week before.",
)
MISSING = Gauge("flagfive_missing_ratio", "Share of the last day without a value in this field.", ["field"])
UNSEEN = Gauge(
    "flagfive_unseen_ratio", "Share of the last day with a value that the week before lacked.", ["field"]
)
NEW_ENTITIES = Gauge(
    "flagfive_new_entities_ratio", "Share of the last day whose entity was never seen before.", ["entity"]
)
ALERT_RATE = Gauge("flagfive_alert_rate_ratio", "Share of the last day that was alerted.")
QUALITY = Gauge(
    "flagfive_quality_ratio",
    "Recall, estimated recall, average precision and card precision at k of the newest day whose labels have "
    "come, with its 95% interval.",
    ["measure", "bound"],
)
LABELS_MISSING = Gauge(
    "flagfive_labels_missing_ratio",
    "Share of the frauds of the day of the estimated recall whose labels are still to come.",
)
DETECTOR_ALERTS = Gauge(
    "flagfive_detector_alerts", "Alerts of the last day, by the busiest scorers.", ["scorer"]
)
DETECTOR_PRECISION = Gauge(
    "flagfive_detector_precision_ratio",
    "Share confirmed of the last 50 decided alerts, by the busiest scorers.",
    ["scorer"],
)
PREVENTED_SECONDS = Gauge(
    "flagfive_flag_to_prevented_seconds",
    "Seconds from a flag to the first confirmed fraud that its detector alerted, of the busiest detectors.",
    ["detector"],
)
LABELS_RECENT = Gauge("flagfive_labels_recent", "Labels of the last four weeks, by source.", ["source"])
LABEL_TIME = Gauge(
    "flagfive_label_timestamp_seconds", "When the last label came, seconds since 1970, by source.", ["source"]
)
LABEL_DELAY_SECONDS = Gauge(
    "flagfive_label_delay_seconds",
    "Seconds from a fraud to its first label, by source; the median and the ninth decile.",
    ["source", "quantile"],
)
DECISIONS = Gauge(
    "flagfive_decisions_recent", "Verdicts of the last day by the role of who gave them.", ["role"]
)
QUEUE = Gauge("flagfive_queue_open_alerts", "Alerts that nobody has judged.")
QUEUE_AGE = Gauge("flagfive_queue_age_seconds", "Event time since the oldest alert that nobody has judged.")
HELD = Gauge(
    "flagfive_held_amount",
    "Amount alerted in the last day, in the units of the transactions, by what became of it.",
    ["status"],
)
