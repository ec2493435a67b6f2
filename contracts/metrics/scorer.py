"""Metrics of a scoring worker."""

from prometheus_client import Counter, Gauge, Histogram, Summary

from contracts.metrics.buckets import SECONDS
from contracts.metrics.first_samples import begin_at_zero

TRANSACTIONS = Counter(
    "flagfive_transactions_total", "Transactions that a stage has committed, by its input topic.", ["stage"]
)
BATCH_TRANSACTIONS = Histogram(
    "flagfive_batch_transactions",
    "Transactions in a committed batch; grows with load.",
    ["stage"],
    buckets=(1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000),
)
SCORE_SECONDS = Histogram(
    "flagfive_score_seconds",
    "Seconds from the arrival of a transaction at the broker to its committed score; oldest of each batch.",
    buckets=SECONDS,
)
STAGE_SECONDS = Histogram(
    "flagfive_stage_seconds",
    "Seconds from the arrival of a transaction at the broker to its commit in a stage; oldest of each batch. "
    "Covers the stages before scoring; for scoring see flagfive_score_seconds.",
    ["stage"],
    buckets=SECONDS,
)
STEP_SECONDS = Summary(
    "flagfive_step_seconds",
    "Seconds of a step of a batch, by stage: age of the oldest transaction when work begins (age), "
    "computing the outputs (work), waiting for the commit and committing (commit).",
    ["stage", "step"],
)
ALERTS = Counter(
    "flagfive_alerts_total", "Transactions over the threshold, by kind of scorer that decided.", ["scorer"]
)
SURPRISING = Counter(
    "flagfive_surprising_total",
    "Transactions scored with at least this surprise (-log10 of the tail); 0 counts all. One in 10^s genuine "
    "transactions should reach a surprise of s.",
    ["at_least"],
)
BUDGET = Gauge("flagfive_budget_ratio", "Share of genuine traffic that may be alerted, as configured.")
LAG = Gauge(
    "flagfive_lag_records",
    "Records of an input partition that its worker had not read at its last fetch.",
    ["topic", "partition"],
)
COMMITS = Counter(
    "flagfive_commits_total",
    "Kafka transactions by outcome; in_doubt means that the broker did not confirm the outcome.",
    ["outcome"],
)
DEAD_LETTERS = Counter("flagfive_dead_letters_total", "Records that were not scored, by reason.", ["reason"])
SCHEMA_REQUESTS = Counter(
    "flagfive_schema_requests_total",
    "Schemas asked for at the schema registry, by outcome: found, unknown or away.",
    ["outcome"],
)
SCHEMA_WAIT = Counter(
    "flagfive_schema_wait_seconds_total",
    "Seconds that batches waited for a schema registry that was away.",
)
MISPLACED = Counter(
    "flagfive_misplaced_total",
    "Transactions on another partition than Kafka's default partitioner chooses for their card.",
)
REPEATED = Counter(
    "flagfive_repeated_transactions_total",
    "Transactions that came again under the same id within the window, and were not scored again.",
)
IDS_FORGOTTEN = Counter(
    "flagfive_ids_forgotten_early_total",
    "Ids of transactions forgotten before the window for repeats ended, since too many came.",
)
SEEN_IDS = Gauge(
    "flagfive_seen_ids",
    "Ids of transactions that a partition would know again, at its last checkpoint.",
    ["partition"],
)
COMMITS_IN_DOUBT = Counter(
    "flagfive_commits_in_doubt_total", "Commits whose outcome had to be queried afterwards.", ["stage"]
)
PLACES_WRONG = Counter(
    "flagfive_places_wrong_total",
    "Times the broker gave a place of the group that is before the newest score.",
    ["stage"],
)
PARTITIONS_LOST = Counter(
    "flagfive_partitions_lost_total",
    "Times a worker found that another one had taken a partition over.",
    ["stage"],
)
PARTITIONS_LIVE = Gauge("flagfive_partitions_live", "Partitions that this worker processes.")
REBALANCES = Counter("flagfive_rebalances_total", "Times this worker was assigned partitions.")
CHECKPOINTS = Counter("flagfive_checkpoints_total", "Checkpoints committed, by their topic.", ["topic"])
CHECKPOINT_ROWS = Counter("flagfive_checkpoint_rows_total", "Profile rows checkpointed.", ["topic"])
CHECKPOINT_BYTES = Counter(
    "flagfive_checkpoint_bytes_total", "Bytes of profile rows checkpointed.", ["topic"]
)
CHECKPOINT_TIME = Gauge(
    "flagfive_checkpoint_timestamp_seconds",
    "Time of the last checkpoint known to be stored, seconds since 1970.",
    ["topic", "partition"],
)
PROFILES_BYTES = Gauge(
    "flagfive_profiles_bytes", "Memory of the profiles of one partition.", ["topic", "partition"]
)

begin_at_zero(COMMITS, "committed", "aborted", "in_doubt")
begin_at_zero(SCHEMA_REQUESTS, "found", "unknown", "away")
