"""What detectors alert, and how precisely."""

from __future__ import annotations

from dashboards.expressions import rate
from dashboards.panel import Dashboard, Panel

DETECTORS = Dashboard(
    "detectors",
    "detectors",
    (
        Panel(
            "Alerts by kind of scorer",
            "Alerts a second decided by the base, by detectors and by blocks.",
            "reqps",
            ((rate("flagfive_alerts_total", "scorer"), "{{scorer}}"),),
        ),
        Panel(
            "Alerts of the last day",
            "By the twenty busiest scorers, the others together.",
            "short",
            (("max by (scorer) (flagfive_detector_alerts)", "{{scorer}}"),),
        ),
        Panel(
            "Precision",
            "Share confirmed of the last 50 decided alerts, by the busiest scorers.",
            "percentunit",
            (("max by (scorer) (flagfive_detector_precision_ratio)", "{{scorer}}"),),
        ),
        Panel(
            "From flag to first prevented fraud",
            "Seconds from a flag to the first confirmed fraud that its detector alerted.",
            "s",
            (("max by (detector) (flagfive_flag_to_prevented_seconds)", "{{detector}}"),),
        ),
        Panel(
            "Detectors live",
            "In force, by worker.",
            "short",
            (('flagfive_detectors_live{job="worker"}', "{{instance}}"),),
        ),
        Panel(
            "Judged by the gate, 1 h",
            "Detectors that passed, and what spoke against the others.",
            "short",
            (("sum by (outcome) (increase(flagfive_gate_total[1h]))", "{{outcome}}"),),
        ),
    ),
)
