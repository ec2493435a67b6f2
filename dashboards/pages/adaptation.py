"""Adaptation and the control log."""

from __future__ import annotations

from dashboards.expressions import quantile
from dashboards.panel import Dashboard, Panel

ADAPTATION = Dashboard(
    "adaptation",
    "adaptation and control log",
    (
        Panel(
            "Episodes, 1 h",
            "Episodes by their status after adaptation.",
            "short",
            (("sum by (status) (increase(flagfive_episodes_total[1h]))", "{{status}}"),),
        ),
        Panel(
            "Seconds to each step",
            "Median seconds from the arrival of a flag at the adaptation worker to the end of each step.",
            "s",
            ((quantile(0.5, "flagfive_adapt_step_seconds", "step"), "{{step}}"),),
        ),
        Panel(
            "Seconds to live",
            "Seconds from a flag until its detector scores on every partition.",
            "s",
            (
                (quantile(0.5, "flagfive_flag_to_live_seconds"), "median"),
                (quantile(0.95, "flagfive_flag_to_live_seconds"), "p95"),
            ),
        ),
        Panel(
            "Seconds to adapt",
            "Median seconds of adapter and gate alone, by adapter.",
            "s",
            ((quantile(0.5, "flagfive_adapt_seconds", "adapter"), "{{adapter}}"),),
        ),
        Panel(
            "Calibration reservoir",
            "Recent transactions that detectors are calibrated on, at most 50,000.",
            "short",
            (('flagfive_reservoir_rows{job="adapter"}', "rows"),),
        ),
        Panel(
            "Budget and share aimed at",
            "Share of genuine traffic that may be alerted, and the share that the threshold aims at now.",
            "percentunit",
            (
                ('flagfive_budget_share{job="adapter"}', "budget"),
                ('flagfive_aimed_share{job="adapter"}', "aimed at"),
            ),
        ),
        Panel(
            "Budget used by rules and segments",
            "Part of the budget that rules, lists and segments are expected to use; models have the rest.",
            "percentunit",
            (
                ('flagfive_budget_fixed_share{job="adapter"}', "rules, lists, segments"),
                ('flagfive_budget_models_at_floor{job="adapter"}', "models at their floor"),
            ),
        ),
        Panel(
            "Threshold",
            "Surprise over which a transaction is alerted; 12 alerts nothing.",
            "short",
            (('flagfive_threshold_surprise{job="adapter"}', "threshold"),),
        ),
        Panel(
            "False alarms of the day",
            "Judged ones, and unjudged ones by probability; while learning, of the hour.",
            "short",
            (('flagfive_period_false_alarms{job="adapter"}', "false alarms"),),
        ),
        Panel(
            "Learning",
            "1 while the base is not fitted to this traffic yet.",
            "short",
            (('flagfive_learning{job="adapter"}', "learning"),),
            "stat",
        ),
        Panel(
            "Learning progress",
            "Stored traffic as a share of what the calibration needs that ends learning.",
            "percentunit",
            (('flagfive_learning_progress_share{job="adapter"}', "progress"),),
        ),
        Panel(
            "Added to lists by rules, 1 h",
            "Entities that rules would add to named lists, by outcome; refused ones are over the bound.",
            "short",
            (("sum by (outcome) (increase(flagfive_list_additions_total[1h]))", "{{outcome}}"),),
        ),
        Panel(
            "Waiting for a list",
            "Entities that wait until rules may add to their list again (lists.added_a_minute).",
            "short",
            (('flagfive_list_additions_waiting_entities{job="adapter"}', "waiting"),),
        ),
        Panel(
            "Control offset, by worker",
            "Control offset in force in each worker.",
            "short",
            (('flagfive_control_offset{job="worker"}', "{{instance}}"),),
        ),
        Panel(
            "Control offsets apart",
            "Difference between the highest and the lowest acknowledged control offset of the partitions.",
            "short",
            (("flagfive:control_offset:apart", "apart"),),
            "stat",
            limits=((1, "red"),),
        ),
        Panel(
            "Control entries applied, 1 h",
            "Applied control entries, by kind.",
            "short",
            (("sum by (kind) (increase(flagfive_control_applied_total[1h]))", "{{kind}}"),),
        ),
        Panel(
            "Control entries refused, 1 h",
            "Refused control entries, by cause; investigate every one.",
            "short",
            (("sum by (cause) (increase(flagfive_control_refused_total[1h]))", "{{cause}}"),),
            limits=((1, "red"),),
        ),
        Panel(
            "Untrusted messages, 1 h",
            "Requests, answers and acknowledgements without a valid signature; investigate every one.",
            "short",
            (
                (
                    "sum by (message, cause) (increase(flagfive_untrusted_messages_total[1h]))",
                    "{{message}} {{cause}}",
                ),
            ),
            limits=((1, "red"),),
        ),
        Panel(
            "Seconds to apply an entry",
            "90th percentile of the seconds from the signing of an entry until it is in force.",
            "s",
            ((quantile(0.9, "flagfive_control_apply_seconds"), "p90"),),
        ),
    ),
)
