"""Metrics of the decision API."""

from prometheus_client import Counter, Gauge, Histogram

from contracts.metrics.buckets import SECONDS
from contracts.metrics.first_samples import begin_at_zero

DECISION_REQUESTS = Counter(
    "flagfive_decision_requests_total", "Requests answered by the decision API, by status code.", ["status"]
)
DECISIONS = Counter(
    "flagfive_decisions_total",
    "Transactions answered, by kind of answer: provisional, durable, or the fallback with its cause.",
    ["kind"],
)
DECIDED = Counter(
    "flagfive_decided_total", "Transactions answered, by decision: approve, review or decline.", ["decision"]
)
DECISION_SECONDS = Histogram(
    "flagfive_decision_seconds",
    "Seconds from the arrival of a transaction at the decision API to its answer, by kind of answer.",
    ["kind"],
    buckets=SECONDS,
)
DECISION_STEP_SECONDS = Histogram(
    "flagfive_decision_step_seconds",
    "Seconds of a transaction in each step: taken in (validated and looked up), stored (written to its "
    "topic), scored (until its score is read). The step committed counts once for each batch of scores.",
    ["step"],
    buckets=SECONDS,
)
DECISIONS_UNDER_WAY = Gauge(
    "flagfive_decisions_under_way", "Transactions of the decision API that wait for their score."
)
DECISIONS_LIMIT = Gauge(
    "flagfive_decisions_limit", "Transactions that may wait for their score at a time; adapts to the scorer."
)
DECISIONS_LOST = Counter(
    "flagfive_decisions_lost_total",
    "Transactions without a score within 30 s; the scorer stands still, or refused them.",
)
DECISIONS_CHANGED = Counter(
    "flagfive_decisions_changed_total",
    "Provisional scores that a restarted scorer replaced by others, since the control log had changed.",
)
DECISION_LOOKUPS = Counter(
    "flagfive_decision_lookups_total",
    "Look-ups of ids in the database, by outcome: done, late or failed; these ids count as unknown.",
    ["outcome"],
)

KINDS = ("provisional", "durable", "deadline", "overload", "not_stored", "not_scored")
begin_at_zero(DECISIONS, *KINDS)
begin_at_zero(DECISION_LOOKUPS, "done", "late", "failed")
