"""Metrics of the connection to the broker, of the recorder and the adaptation worker."""

from prometheus_client import Counter

from contracts.metrics.first_samples import begin_at_zero

BROKER_OUTAGES = Counter(
    "flagfive_broker_outages_total", "Times the broker was lost by a process that went on.", ["process"]
)

begin_at_zero(BROKER_OUTAGES, "adapter", "recorder")
