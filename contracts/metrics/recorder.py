"""Metrics of the recorder."""

from prometheus_client import Counter, Histogram

from contracts.metrics.buckets import SECONDS
from contracts.metrics.first_samples import begin_at_zero

RECORDED = Counter(
    "flagfive_recorded_total",
    "Rows added to the database and the history store; repeats do not count.",
    ["table"],
)
RECORDER_REPEATED = Counter(
    "flagfive_recorder_repeated_total",
    "Rows that were stored already: many without a restart mean that offsets were used twice.",
    ["table"],
)
RECORD_SECONDS = Histogram(
    "flagfive_record_seconds", "Seconds to write one batch to the database.", buckets=SECONDS
)
HISTORY_SECONDS = Histogram(
    "flagfive_history_seconds", "Seconds to commit rows to the history store.", buckets=SECONDS
)
RECORDER_RETRIES = Counter(
    "flagfive_recorder_retries_total", "Times the recorder retried because a part was unavailable.", ["part"]
)
RECORDER_UNREADABLE = Counter(
    "flagfive_recorder_unreadable_total", "Records that the recorder could not read and skipped.", ["topic"]
)

WEBHOOKS = Counter(
    "flagfive_webhook_tries_total",
    "Tries to deliver an event to a webhook, by outcome: sent, failed, given up, left out.",
    ["endpoint", "outcome"],
)

begin_at_zero(RECORDER_RETRIES, "database")
