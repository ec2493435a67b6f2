"""The overview for a fraud lead."""

from __future__ import annotations

from dashboards.expressions import SCORED, quantile, rate
from dashboards.panel import Dashboard, Panel

OVERVIEW = Dashboard(
    "overview",
    "overview for a fraud lead",
    (
        Panel(
            "Alarms open",
            "Alarms of the monitor that are open now, by how many features, values or sources they name.",
            "short",
            (("max by (alarm) (flagfive_alarm_subjects)", "{{alarm}}"),),
            "stat",
            limits=((1, "red"),),
        ),
        Panel(
            "Payments scored",
            "Payments scored a second, over all workers.",
            "reqps",
            ((rate(SCORED), "scored"),),
        ),
        Panel(
            "Share alerted",
            "Share of payments over the threshold in the last hour, beside the budget for genuine ones.",
            "percentunit",
            (("flagfive:alerted:ratio_rate1h", "alerted"), ("max(flagfive_budget_ratio)", "budget")),
        ),
        Panel(
            "Recall and precision",
            "Of the newest day whose labels have come; estimated recall corrects for labels still to come.",
            "percentunit",
            (('max by (measure) (flagfive_quality_ratio{bound="value"})', "{{measure}}"),),
        ),
        Panel(
            "Money alerted in the last day",
            "Amounts of alerts in the units of the transactions, by what became of them.",
            "short",
            (("max by (status) (flagfive_held_amount)", "{{status}}"),),
        ),
        Panel(
            "Alerts waiting",
            "Alerts that nobody has judged.",
            "short",
            (("max(flagfive_queue_open_alerts)", "open"),),
            "stat",
        ),
        Panel(
            "Oldest alert waiting",
            "Event time since the oldest alert that nobody has judged.",
            "s",
            (('flagfive_queue_age_seconds{job="monitor"}', "oldest"),),
            "stat",
            limits=((86_400, "red"),),
        ),
        Panel(
            "Verdicts of the last day",
            "Transactions labelled, by the role of who said so; none for feeds such as chargebacks.",
            "short",
            (("max by (role) (flagfive_decisions_recent)", "{{role}}"),),
        ),
        Panel(
            "From flag to live",
            "Seconds from a flag to its detector's scoring on every partition.",
            "s",
            (
                (quantile(0.5, "flagfive_flag_to_live_seconds"), "median"),
                (quantile(0.95, "flagfive_flag_to_live_seconds"), "p95"),
            ),
        ),
        Panel(
            "Processes up",
            "Processes that Prometheus reaches, of those that it knows.",
            "short",
            (('sum by (job) (up{job=~"worker|recorder|adapter|monitor|console"})', "{{job}}"),),
            "stat",
        ),
        Panel(
            "Detectors live",
            "Detectors that score; the fewest of any worker.",
            "short",
            (('min(flagfive_detectors_live{job="worker"})', "live"),),
            "stat",
        ),
        Panel(
            "Seconds to a committed score",
            "From a payment's arrival to its score, the oldest of each batch.",
            "s",
            (
                (quantile(0.5, "flagfive_score_seconds"), "median"),
                (quantile(0.99, "flagfive_score_seconds"), "p99"),
            ),
        ),
    ),
)
