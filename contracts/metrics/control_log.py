"""Metrics of every process that follows the control log."""

from prometheus_client import Counter, Gauge, Histogram

from contracts.metrics.buckets import SECONDS

CONTROL_OFFSET = Gauge(
    "flagfive_control_offset",
    "Offset of the control entry in force in this process; -1 before the first.",
)
CONTROL_OFFSET_LIVE = Gauge(
    "flagfive_control_offset_live",
    "Acknowledged control offset of a partition: all its later batches are scored under it.",
    ["partition"],
)
CONTROL_APPLIED = Counter("flagfive_control_applied_total", "Control entries applied.", ["kind"])
CONTROL_REFUSED = Counter(
    "flagfive_control_refused_total",
    "Records of the control log that were refused, by cause.",
    ["cause"],
)
CONTROL_APPLY_SECONDS = Histogram(
    "flagfive_control_apply_seconds",
    "Seconds from the signing of a control entry until it is in force in this process.",
    buckets=SECONDS,
)
DETECTORS_LIVE = Gauge("flagfive_detectors_live", "Detectors that score in this process.")
