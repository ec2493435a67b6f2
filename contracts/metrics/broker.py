"""Metrics of the broker connection, shared by the recorder and the adaptation worker."""

from prometheus_client import Counter

from contracts.metrics.first_samples import begin_at_zero

BROKER_OUTAGES = Counter(
    "flagfive_broker_outages_total", "Times a process lost the broker and waited for it.", ["process"]
)

begin_at_zero(BROKER_OUTAGES, "adapter", "recorder")
