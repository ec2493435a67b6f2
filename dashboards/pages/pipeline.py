"""The pipeline and its latency."""

from __future__ import annotations

from dashboards.expressions import quantile, rate
from dashboards.panel import Dashboard, Panel

PIPELINE = Dashboard(
    "pipeline",
    "pipeline and latency",
    (
        Panel(
            "Throughput by stage",
            "Payments a second that each stage has committed.",
            "reqps",
            ((rate("flagfive_transactions_total", "stage"), "{{stage}}"),),
        ),
        Panel(
            "Payments in a batch",
            "Median, by stage; grows with load.",
            "short",
            ((quantile(0.5, "flagfive_batch_transactions", "stage"), "{{stage}}"),),
        ),
        Panel(
            "Seconds to a committed score",
            "From arrival, the oldest of each batch.",
            "s",
            (
                (quantile(0.5, "flagfive_score_seconds"), "median"),
                (quantile(0.95, "flagfive_score_seconds"), "p95"),
                (quantile(0.99, "flagfive_score_seconds"), "p99"),
            ),
        ),
        Panel(
            "Seconds to the end of a stage",
            "From arrival, the oldest of each batch, ninth decile; stages before scoring.",
            "s",
            ((quantile(0.9, "flagfive_stage_seconds", "stage"), "{{stage}}"),),
        ),
        Panel(
            "Lag",
            "Records that a worker had not read of its partitions when it last read, by topic.",
            "short",
            (("sum by (topic) (flagfive_lag_records)", "{{topic}}"),),
        ),
        Panel(
            "Kafka transactions",
            "A second, by outcome.",
            "ops",
            ((rate("flagfive_commits_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Trouble with commits and partitions, 1 h",
            "Commits whose outcome had to be asked for, partitions lost to others, rebalances.",
            "short",
            (
                ("sum(increase(flagfive_commits_in_doubt_total[1h])) or vector(0)", "in doubt"),
                ("sum(increase(flagfive_partitions_lost_total[1h])) or vector(0)", "lost"),
                ('sum(increase(flagfive_rebalances_total{job="worker"}[1h]))', "rebalances"),
            ),
        ),
        Panel(
            "Dead letters",
            "Records a second that were not scored, by reason.",
            "reqps",
            ((rate("flagfive_dead_letters_total", "reason"), "{{reason}}"),),
        ),
        Panel(
            "Age of checkpoints",
            "Seconds since profiles were last known to be saved, the oldest partition of each.",
            "s",
            (("time() - min by (topic) (flagfive_checkpoint_timestamp_seconds)", "{{topic}}"),),
        ),
        Panel(
            "Checkpoints written",
            "Checkpoints, their rows and bytes a second.",
            "short",
            (
                (rate("flagfive_checkpoints_total"), "checkpoints"),
                (rate("flagfive_checkpoint_rows_total"), "rows"),
                (rate("flagfive_checkpoint_bytes_total"), "bytes"),
            ),
        ),
        Panel(
            "Profile memory",
            "Bytes of profiles, by what they are of.",
            "bytes",
            (("sum by (topic) (flagfive_profiles_bytes)", "{{topic}}"),),
        ),
        Panel(
            "Partitions",
            "That each worker processes.",
            "short",
            (('flagfive_partitions_live{job="worker"}', "{{instance}}"),),
        ),
        Panel(
            "Rows recorded",
            "Rows written to the database a second, by table.",
            "rowsps",
            ((rate("flagfive_recorded_total", "table"), "{{table}}"),),
        ),
        Panel(
            "Seconds to record a batch",
            "To write it to the database.",
            "s",
            (
                (quantile(0.5, "flagfive_record_seconds"), "median"),
                (quantile(0.99, "flagfive_record_seconds"), "p99"),
            ),
        ),
        Panel(
            "Waiting for others, 1 h",
            "Tries of the recorder at a database that was away, records that it could not read, broker lost.",
            "short",
            (
                ("sum(increase(flagfive_recorder_retries_total[1h]))", "database away"),
                ("sum(increase(flagfive_recorder_unreadable_total[1h])) or vector(0)", "unreadable"),
                ("sum(increase(flagfive_broker_outages_total[1h]))", "broker away"),
            ),
        ),
        Panel(
            "Sent by our feeds",
            "Payments a second sent by produce and simulate, where they serve metrics.",
            "reqps",
            ((rate("flagfive_fed_total"), "sent"),),
        ),
    ),
)
