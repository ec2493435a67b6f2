"""Detection and drift."""

from __future__ import annotations

from dashboards.expressions import RATE, SCORED, quantile
from dashboards.panel import Dashboard, Panel

DRIFT = Dashboard(
    "drift",
    "detection and drift",
    (
        Panel(
            "Drift of features",
            "Population stability index, last day against the week before: 0.1 watch, 0.25 major.",
            "none",
            (("topk(15, max by (feature) (flagfive_psi_ratio))", "{{feature}}"),),
            width=12,
            limits=((0.1, "yellow"), (0.25, "red")),
        ),
        Panel(
            "Distance from the base's training data",
            "Population stability index against what the base was trained on; no alarm by itself.",
            "none",
            (("topk(15, max by (feature) (flagfive_psi_base_ratio))", "{{feature}}"),),
            width=12,
        ),
        Panel(
            "Drift of scores",
            "Kolmogorov-Smirnov distance of the surprises from last week's, and index against even tails.",
            "none",
            (("max(flagfive_score_ks_ratio)", "KS"), ("max(flagfive_score_psi_ratio)", "PSI")),
        ),
        Panel(
            "Are tails what they say",
            "Share of payments with at least this surprise, beside what calibrated genuine traffic has.",
            "percentunit",
            (
                (
                    f'sum by (at_least) (rate(flagfive_surprising_total{{at_least!="0"}}[{RATE}])) '
                    f"/ ignoring(at_least) group_left sum(rate({SCORED}[{RATE}]))",
                    "surprise {{at_least}}",
                ),
            ),
        ),
        Panel(
            "Alert rate of the last day",
            "By event time, beside the budget for genuine payments.",
            "percentunit",
            (("max(flagfive_alert_rate_ratio)", "alerted"), ("max(flagfive_budget_ratio)", "budget")),
        ),
        Panel(
            "Values never seen before",
            "Share of the last day with a category or currency that the week before lacked.",
            "percentunit",
            (("max by (field) (flagfive_unseen_ratio)", "{{field}}"),),
        ),
        Panel(
            "Values missing",
            "Share of the last day without the field.",
            "percentunit",
            (("max by (field) (flagfive_missing_ratio)", "{{field}}"),),
        ),
        Panel(
            "New entities",
            "Share of the last day whose card, merchant or other entity was never seen before.",
            "percentunit",
            (("max by (entity) (flagfive_new_entities_ratio)", "{{entity}}"),),
        ),
        Panel(
            "Quality with its interval",
            "Each measure of the newest day whose labels have come, with the bounds of its 95% interval.",
            "percentunit",
            (("max by (measure, bound) (flagfive_quality_ratio)", "{{measure}} {{bound}}"),),
            width=12,
        ),
        Panel(
            "Labels still to come",
            "Share of frauds of the day of the estimated recall that nobody has reported yet, as far as "
            "earlier delays tell.",
            "percentunit",
            (("max(flagfive_labels_missing_ratio)", "missing"),),
            width=12,
        ),
        Panel(
            "Labels of four weeks",
            "By source, the eight largest and the others together.",
            "short",
            (("max by (source) (flagfive_labels_recent)", "{{source}}"),),
        ),
        Panel(
            "Since the last label",
            "Seconds since each source labelled last.",
            "s",
            (("time() - max by (source) (flagfive_label_timestamp_seconds)", "{{source}}"),),
        ),
        Panel(
            "Delay of labels",
            "From a fraud to its first label, median and ninth decile.",
            "s",
            (("max by (source, quantile) (flagfive_label_delay_seconds)", "{{source}} {{quantile}}"),),
        ),
        Panel(
            "What the monitor looked at",
            "Payments of the last day that were looked at; beyond 20,000 a round every so many-th.",
            "short",
            (('flagfive_monitor_rows{job="monitor"}', "rows"),),
        ),
        Panel(
            "Rounds of the monitor",
            "Seconds a round takes, and since the last one.",
            "s",
            (
                (quantile(0.5, "flagfive_monitor_round_seconds"), "median"),
                ('time() - flagfive_monitor_round_timestamp_seconds{job="monitor"}', "since the last"),
            ),
        ),
    ),
)
