"""Every metric of the stream's processes, with help and unit; names end in their unit.

Labels are bounded: causes, kinds, states and topic names, never ids or keys.
"""

from prometheus_client import Counter, Gauge, Histogram, start_http_server

# From the fastest batch to the slowest start after a crash.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# Worker

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
    "Seconds from a transaction's arrival at the broker to its committed score; the oldest of each batch.",
    buckets=SECONDS,
)
ALERTS = Counter("flagfive_alerts_total", "Transactions over the threshold.")
DEAD_LETTERS = Counter(
    "flagfive_dead_letters_total", "Records that were not scored, by the rule that they broke.", ["reason"]
)
COMMITS_IN_DOUBT = Counter(
    "flagfive_commits_in_doubt_total", "Commits whose outcome had to be asked for.", ["stage"]
)
PARTITIONS_LOST = Counter(
    "flagfive_partitions_lost_total", "Times a partition was found in another worker's hands.", ["stage"]
)
PARTITIONS_LIVE = Gauge("flagfive_partitions_live_total", "Partitions that this worker processes.")
REBALANCES = Counter("flagfive_rebalances_total", "Times this worker was given partitions.")
CHECKPOINTS = Counter("flagfive_checkpoints_total", "Checkpoints committed, by their topic.", ["topic"])
CHECKPOINT_ROWS = Counter("flagfive_checkpoint_rows_total", "Profile rows checkpointed.", ["topic"])
PROFILES_BYTES = Gauge(
    "flagfive_profiles_bytes", "Memory of the profiles of one partition.", ["topic", "partition"]
)

# Control log

CONTROL_OFFSET = Gauge(
    "flagfive_control_offset",
    "Offset of the control entry in force in this process; -1 before the first.",
)
CONTROL_APPLIED = Counter("flagfive_control_applied_total", "Control entries applied.", ["kind"])
CONTROL_REFUSED = Counter(
    "flagfive_control_refused_total",
    "Records of the control log that were refused, by what is wrong with them.",
    ["cause"],
)
CONTROL_APPLY_SECONDS = Histogram(
    "flagfive_control_apply_seconds",
    "Seconds from a control entry's signing to its being in force in this process.",
    buckets=SECONDS,
)
DETECTORS_LIVE = Gauge("flagfive_detectors_live_total", "Detectors that score in this process.")

# Broker, as seen by recorder and adaptation worker

BROKER_OUTAGES = Counter(
    "flagfive_broker_outages_total", "Times the broker was lost by a process that went on.", ["process"]
)

# Recorder

RECORDED = Counter("flagfive_recorded_total", "Rows written to the database, repeats included.", ["table"])
RECORD_SECONDS = Histogram(
    "flagfive_record_seconds", "Seconds to write one batch to the database.", buckets=SECONDS
)
RECORDER_RETRIES = Counter(
    "flagfive_recorder_retries_total", "Times the recorder waited for a part that was away.", ["part"]
)
RECORDER_UNREADABLE = Counter(
    "flagfive_recorder_unreadable_total", "Records that the recorder could not read and left out.", ["topic"]
)

# Adaptation

EPISODES = Counter("flagfive_episodes_total", "Episodes by what became of them.", ["status"])
ADAPT_SECONDS = Histogram(
    "flagfive_adapt_seconds", "Seconds to adapt a detector to an episode.", ["adapter"], buckets=SECONDS
)
FLAG_TO_ANNOUNCED_SECONDS = Histogram(
    "flagfive_flag_to_announced_seconds",
    "Seconds from a flag's reaching the adaptation worker to its detector's being on the control log.",
    buckets=SECONDS,
)
FLAG_TO_LIVE_SECONDS = Histogram(
    "flagfive_flag_to_live_seconds",
    "Seconds from a flag's reaching the adaptation worker to its detector's scoring on every partition.",
    buckets=SECONDS,
)
RESERVOIR_ROWS = Gauge(
    "flagfive_reservoir_rows_total", "Recent genuine transactions that detectors are calibrated on."
)


def serve(host: str, port: int) -> None:
    """Serve the metrics of this process over HTTP; port 0 serves none. Raises OSError where it is taken."""
    if port:
        start_http_server(port, addr=host)
