"""Every metric of flagfive's processes, with help and unit; names end in their unit.

Labels are bounded: causes, kinds, states, topics and partitions, names of features; never keys of entities or
transactions. Detectors are told apart by the monitor alone, the busiest twenty of them.
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
STAGE_SECONDS = Histogram(
    "flagfive_stage_seconds",
    "Seconds from a transaction's arrival at the broker to its leaving a stage, committed; the oldest of a "
    "batch. The stages before scoring; for scoring see flagfive_score_seconds.",
    ["stage"],
    buckets=SECONDS,
)
ALERTS = Counter(
    "flagfive_alerts_total", "Transactions over the threshold, by what kind of scorer decided.", ["scorer"]
)
SURPRISING = Counter(
    "flagfive_surprising_total",
    "Transactions scored with at least this surprise, the negative logarithm of the tail; at least 0 is all "
    "of them, and of genuine traffic one in 10 to this power should be among them.",
    ["at_least"],
)
BUDGET = Gauge("flagfive_budget_ratio", "Share of genuine traffic that may be alerted, as configured.")
LAG = Gauge(
    "flagfive_lag_records",
    "Records of an input partition that its worker had not read when it last read.",
    ["topic", "partition"],
)
COMMITS = Counter(
    "flagfive_commits_total",
    "Kafka transactions by outcome; in doubt means that the broker did not say.",
    ["outcome"],
)
DEAD_LETTERS = Counter(
    "flagfive_dead_letters_total", "Records that were not scored, by the rule that they broke.", ["reason"]
)
COMMITS_IN_DOUBT = Counter(
    "flagfive_commits_in_doubt_total", "Commits whose outcome had to be asked for.", ["stage"]
)
PARTITIONS_LOST = Counter(
    "flagfive_partitions_lost_total", "Times a partition was found in another worker's hands.", ["stage"]
)
PARTITIONS_LIVE = Gauge("flagfive_partitions_live", "Partitions that this worker processes.")
REBALANCES = Counter("flagfive_rebalances_total", "Times this worker was given partitions.")
CHECKPOINTS = Counter("flagfive_checkpoints_total", "Checkpoints committed, by their topic.", ["topic"])
CHECKPOINT_ROWS = Counter("flagfive_checkpoint_rows_total", "Profile rows checkpointed.", ["topic"])
CHECKPOINT_BYTES = Counter(
    "flagfive_checkpoint_bytes_total", "Bytes of profile rows checkpointed.", ["topic"]
)
CHECKPOINT_TIME = Gauge(
    "flagfive_checkpoint_timestamp_seconds",
    "When profiles of a partition were last known to be saved, seconds since 1970.",
    ["topic", "partition"],
)
PROFILES_BYTES = Gauge(
    "flagfive_profiles_bytes", "Memory of the profiles of one partition.", ["topic", "partition"]
)

# Control log

CONTROL_OFFSET = Gauge(
    "flagfive_control_offset",
    "Offset of the control entry in force in this process; -1 before the first.",
)
CONTROL_OFFSET_LIVE = Gauge(
    "flagfive_control_offset_live",
    "Control offset under which every later batch of a partition is scored, as acknowledged.",
    ["partition"],
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
DETECTORS_LIVE = Gauge("flagfive_detectors_live", "Detectors that score in this process.")

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
ADAPT_STEP_SECONDS = Histogram(
    "flagfive_adapt_step_seconds",
    "Seconds from a flag's reaching the adaptation worker to the end of a step.",
    ["step"],
    buckets=SECONDS,
)
GATE = Counter(
    "flagfive_gate_total",
    "Detectors judged by the gate, by what spoke against them; one may be counted under several.",
    ["outcome"],
)
FLAG_TO_LIVE_SECONDS = Histogram(
    "flagfive_flag_to_live_seconds",
    "Seconds from a flag's reaching the adaptation worker to its detector's scoring on every partition.",
    buckets=SECONDS,
)
RESERVOIR_ROWS = Gauge(
    "flagfive_reservoir_rows", "Recent genuine transactions that detectors are calibrated on."
)

# Feed: what `produce` and `simulate` send

FED = Counter("flagfive_fed_total", "Transactions sent to the input topic by a feed of ours.")

# Monitor: the last span measured, by event time

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

# Console

CONSOLE_REQUESTS = Counter(
    "flagfive_console_requests_total",
    "Requests that the console answered, by part of the API, `pages` or `assets`, and class of status.",
    ["group", "status"],
)
CONSOLE_SECONDS = Histogram(
    "flagfive_console_request_seconds",
    "Seconds from a request to the end of its answer.",
    ["group"],
    buckets=SECONDS,
)
CONSOLE_PAGES_OPEN = Gauge("flagfive_console_open_pages", "Pages that are open in a browser now.")
CONSOLE_SIGN_INS = Counter(
    "flagfive_console_sign_ins_total", "Tries to sign in, by way and outcome.", ["way", "outcome"]
)
CONSOLE_ASKED = Counter(
    "flagfive_console_asked_total",
    "Requests that people waited for an answer of the adaptation worker to, by kind and outcome; `none` is "
    "no answer in time.",
    ["kind", "outcome"],
)

# What an alarm or a panel looks at must be there before it happens for the first time: a rate begins at the
# second sample.
for _metric, _label_values in (
    (COMMITS, ("committed", "aborted", "in_doubt")),
    (GATE, ("passed", "budget", "flags", "replay")),
    (RECORDER_RETRIES, ("database",)),
    (BROKER_OUTAGES, ("adapter", "recorder")),
):
    for _value in _label_values:
        _metric.labels(_value)


def serve(host: str, port: int) -> None:
    """Serve the metrics of this process over HTTP; port 0 serves none. Raises OSError where it is taken."""
    if port:
        start_http_server(port, addr=host)
