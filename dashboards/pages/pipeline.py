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
            "Payments a second that each stage commits.",
            "reqps",
            ((rate("flagfive_transactions_total", "stage"), "{{stage}}"),),
        ),
        Panel(
            "Payments in a batch",
            "Median payments of a batch, by stage; grows with load.",
            "short",
            ((quantile(0.5, "flagfive_batch_transactions", "stage"), "{{stage}}"),),
        ),
        Panel(
            "Seconds to a committed score",
            "Seconds from arrival; oldest payment of each batch.",
            "s",
            (
                (quantile(0.5, "flagfive_score_seconds"), "median"),
                (quantile(0.95, "flagfive_score_seconds"), "p95"),
                (quantile(0.99, "flagfive_score_seconds"), "p99"),
            ),
        ),
        Panel(
            "Seconds to the end of a stage",
            "90th percentile of the seconds from arrival, oldest of each batch; stages before scoring.",
            "s",
            ((quantile(0.9, "flagfive_stage_seconds", "stage"), "{{stage}}"),),
        ),
        Panel(
            "Where the milliseconds go",
            "Mean seconds of a batch in each stage: its age when work begins, the work, and the commit.",
            "s",
            (
                (
                    f"{rate('flagfive_step_seconds_sum', 'stage', 'step')} / "
                    f"{rate('flagfive_step_seconds_count', 'stage', 'step')}",
                    "{{stage}}, {{step}}",
                ),
            ),
        ),
        Panel(
            "Lag",
            "Records that the workers had not read at their last fetch, by topic.",
            "short",
            (("sum by (topic) (flagfive_lag_records)", "{{topic}}"),),
        ),
        Panel(
            "Kafka transactions",
            "Kafka transactions a second, by outcome.",
            "ops",
            ((rate("flagfive_commits_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Problems with commits and partitions, 1 h",
            "Commits whose outcome had to be queried, partitions lost to other workers, wrong places of the "
            "group, and rebalances.",
            "short",
            (
                ("sum(increase(flagfive_commits_in_doubt_total[1h])) or vector(0)", "in doubt"),
                ("sum(increase(flagfive_partitions_lost_total[1h])) or vector(0)", "lost"),
                ("sum(increase(flagfive_places_wrong_total[1h])) or vector(0)", "wrong places"),
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
            "Schema registry",
            "Schemas asked for, by outcome, and seconds that batches wait for a registry that is away.",
            "short",
            (
                (rate("flagfive_schema_requests_total", "outcome"), "{{outcome}}"),
                (rate("flagfive_schema_wait_seconds_total"), "seconds waited"),
            ),
        ),
        Panel(
            "Cards on another partition",
            "Transactions a second on another partition than Kafka's partitioner chooses for their card.",
            "reqps",
            ((rate("flagfive_misplaced_total"), "misplaced"),),
        ),
        Panel(
            "Transactions that came again",
            "Transactions a second that came again under their id and were not scored again, and ids that "
            "were forgotten early, since too many came.",
            "reqps",
            (
                (rate("flagfive_repeated_transactions_total"), "repeated"),
                (rate("flagfive_ids_forgotten_early_total"), "forgotten early"),
            ),
        ),
        Panel(
            "Ids known",
            "Ids of transactions that would be known again, by partition.",
            "short",
            (("max by (partition) (flagfive_seen_ids)", "{{partition}}"),),
        ),
        Panel(
            "Deleted unread",
            "Offsets that the broker deleted before a worker read them, since the worker started; by topic.",
            "short",
            (("sum by (topic) (flagfive_deleted_unread_total)", "{{topic}}"),),
        ),
        Panel(
            "Age of checkpoints",
            "Seconds since the last checkpoint known to be stored; oldest partition of each topic.",
            "s",
            (("time() - min by (topic) (flagfive_checkpoint_timestamp_seconds)", "{{topic}}"),),
        ),
        Panel(
            "Checkpoints written",
            "Checkpoints a second, with their rows and bytes.",
            "short",
            (
                (rate("flagfive_checkpoints_total"), "checkpoints"),
                (rate("flagfive_checkpoint_rows_total"), "rows"),
                (rate("flagfive_checkpoint_bytes_total"), "bytes"),
            ),
        ),
        Panel(
            "Profile memory",
            "Bytes of profiles, by entity.",
            "bytes",
            (("sum by (topic) (flagfive_profiles_bytes)", "{{topic}}"),),
        ),
        Panel(
            "Partitions",
            "Partitions that each worker processes.",
            "short",
            (('flagfive_partitions_live{job="worker"}', "{{instance}}"),),
        ),
        Panel(
            "Rows recorded",
            "Rows written to the database and the history store a second, by table.",
            "rowsps",
            (
                (rate("flagfive_recorded_total", "table"), "{{table}}"),
                (rate("flagfive_recorder_repeated_total", "table"), "{{table}}, stored already"),
            ),
        ),
        Panel(
            "Seconds to record a batch",
            "Seconds to write a batch to the database, and to commit rows to the history store.",
            "s",
            (
                (quantile(0.5, "flagfive_record_seconds"), "median"),
                (quantile(0.99, "flagfive_record_seconds"), "p99"),
                (quantile(0.99, "flagfive_history_seconds"), "history, p99"),
            ),
        ),
        Panel(
            "Recorder and broker problems, 1 h",
            "Retries of the recorder, records that it could not read, and losses of the broker.",
            "short",
            (
                ("sum(increase(flagfive_recorder_retries_total[1h]))", "database away"),
                ("sum(increase(flagfive_recorder_unreadable_total[1h])) or vector(0)", "unreadable"),
                ("sum(increase(flagfive_broker_outages_total[1h]))", "broker away"),
            ),
        ),
        Panel(
            "Webhooks, 1 h",
            "Tries to deliver events to webhooks, by endpoint and outcome.",
            "short",
            (
                (
                    "sum by (endpoint, outcome) (increase(flagfive_webhook_tries_total[1h]))",
                    "{{endpoint}}, {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Sent by produce and simulate",
            "Payments a second sent by these verbs, if they serve metrics.",
            "reqps",
            ((rate("flagfive_fed_total"), "sent"),),
        ),
    ),
)
