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
            "Population stability index, last day against the week before: minor from 0.1, major from 0.25.",
            "none",
            (("topk(15, max by (feature) (flagfive_psi_ratio))", "{{feature}}"),),
            width=12,
            limits=((0.1, "yellow"), (0.25, "red")),
        ),
        Panel(
            "Distance from the training data",
            "Population stability index against the training data of the base; raises no alarm.",
            "none",
            (("topk(15, max by (feature) (flagfive_psi_base_ratio))", "{{feature}}"),),
            width=12,
        ),
        Panel(
            "Evidence of change",
            "Value of a test martingale divided by what raises the alarm; `together` at 1 raises it.",
            "none",
            (("topk(8, max by (subject) (flagfive_change_evidence_ratio))", "{{subject}}"),),
            limits=((1.0, "red"),),
        ),
        Panel(
            "Drift of scores",
            "KS distance of surprise, last day against the week before; PSI of the tails against even ones.",
            "none",
            (("max(flagfive_score_ks_ratio)", "KS"), ("max(flagfive_score_psi_ratio)", "PSI")),
        ),
        Panel(
            "Calibration of tails",
            "Share of payments with at least this surprise; calibrated genuine traffic has 10^-surprise.",
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
            "Share of payments alerted, by event time, and the budget for genuine payments.",
            "percentunit",
            (("max(flagfive_alert_rate_ratio)", "alerted"), ("max(flagfive_budget_ratio)", "budget")),
        ),
        Panel(
            "Unseen values",
            "Share of the last day with a category or currency that was absent in the week before.",
            "percentunit",
            (("max by (field) (flagfive_unseen_ratio)", "{{field}}"),),
        ),
        Panel(
            "Missing values",
            "Share of the last day without a value in the field.",
            "percentunit",
            (("max by (field) (flagfive_missing_ratio)", "{{field}}"),),
        ),
        Panel(
            "New entities",
            "Share of the last day whose card, merchant or other entity had never been seen.",
            "percentunit",
            (("max by (entity) (flagfive_new_entities_ratio)", "{{entity}}"),),
        ),
        Panel(
            "Quality with its interval",
            "Each measure of the newest day with complete labels, with the bounds of its 95% interval.",
            "percentunit",
            (("max by (measure, bound) (flagfive_quality_ratio)", "{{measure}} {{bound}}"),),
            width=12,
        ),
        Panel(
            "Missing labels",
            "Estimated share of frauds without a label yet, on the day of the estimated recall.",
            "percentunit",
            (("max(flagfive_labels_missing_ratio)", "missing"),),
            width=12,
        ),
        Panel(
            "Labels of four weeks",
            "Labels by source: the eight largest sources, and the others added up.",
            "short",
            (("max by (source) (flagfive_labels_recent)", "{{source}}"),),
        ),
        Panel(
            "Time since the last label",
            "Seconds since the last label of each source.",
            "s",
            (("time() - max by (source) (flagfive_label_timestamp_seconds)", "{{source}}"),),
        ),
        Panel(
            "Delay of labels",
            "Seconds from a fraud to its first label, median and 90th percentile.",
            "s",
            (("max by (source, quantile) (flagfive_label_delay_seconds)", "{{source}} {{quantile}}"),),
        ),
        Panel(
            "Payments read by the monitor",
            "Payments of the last day that the monitor read; of more than 20,000 a round it reads a sample.",
            "short",
            (('flagfive_monitor_rows{job="monitor"}', "rows"),),
        ),
        Panel(
            "Rounds of the monitor",
            "Seconds of a round, and seconds since the last round.",
            "s",
            (
                (quantile(0.5, "flagfive_monitor_round_seconds"), "median"),
                ('time() - flagfive_monitor_round_timestamp_seconds{job="monitor"}', "since the last"),
            ),
        ),
    ),
)
