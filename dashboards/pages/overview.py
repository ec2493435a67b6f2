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
            "Open alarms of the monitor, with the number of features, values or sources they name.",
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
            "Share of payments alerted in the last hour, and the budget for genuine payments.",
            "percentunit",
            (("flagfive:alerted:ratio_rate1h", "alerted"), ("max(flagfive_budget_ratio)", "budget")),
        ),
        Panel(
            "Recall and precision",
            "Of the newest day with complete labels; estimated recall corrects for labels that are missing.",
            "percentunit",
            (('max by (measure) (flagfive_quality_ratio{bound="value"})', "{{measure}}"),),
        ),
        Panel(
            "Money alerted in the last day",
            "Amounts of alerts in the units of the transactions, by status.",
            "short",
            (("max by (status) (flagfive_held_amount)", "{{status}}"),),
        ),
        Panel(
            "Alerts waiting",
            "Alerts without a verdict.",
            "short",
            (("max(flagfive_queue_open_alerts)", "open"),),
            "stat",
        ),
        Panel(
            "Oldest alert waiting",
            "Event time since the oldest alert without a verdict.",
            "s",
            (('flagfive_queue_age_seconds{job="monitor"}', "oldest"),),
            "stat",
            limits=((86_400, "red"),),
        ),
        Panel(
            "Overdue cases",
            "Cases that are not closed although past their deadline.",
            "short",
            (('flagfive_overdue_cases{job="monitor"}', "overdue"),),
            "stat",
            limits=((1, "red"),),
        ),
        Panel(
            "Verdicts of the last day",
            "Labelled transactions by role of the author; the role is none for feeds such as chargebacks.",
            "short",
            (("max by (role) (flagfive_decisions_recent)", "{{role}}"),),
        ),
        Panel(
            "From flag to live",
            "Seconds from a flag until its detector scores on every partition.",
            "s",
            (
                (quantile(0.5, "flagfive_flag_to_live_seconds"), "median"),
                (quantile(0.95, "flagfive_flag_to_live_seconds"), "p95"),
            ),
        ),
        Panel(
            "Processes up",
            "Processes that answer Prometheus.",
            "short",
            (('sum by (job) (up{job=~"worker|recorder|adapter|monitor|console"})', "{{job}}"),),
            "stat",
        ),
        Panel(
            "Detectors live",
            "Detectors in force; the lowest number of any worker.",
            "short",
            (('min(flagfive_detectors_live{job="worker"})', "live"),),
            "stat",
        ),
        Panel(
            "Seconds to a committed score",
            "Seconds from the arrival of a payment to its committed score; oldest of each batch.",
            "s",
            (
                (quantile(0.5, "flagfive_score_seconds"), "median"),
                (quantile(0.99, "flagfive_score_seconds"), "p99"),
            ),
        ),
    ),
)
