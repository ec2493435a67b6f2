"""Alerts and precision of detectors."""

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
            "Alerts of the twenty busiest scorers; the others are added up.",
            "short",
            (("max by (scorer) (flagfive_detector_alerts)", "{{scorer}}"),),
        ),
        Panel(
            "Precision",
            "Share of the last 50 judged alerts that were confirmed, by the busiest scorers.",
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
            "Detectors in force, by worker.",
            "short",
            (('flagfive_detectors_live{job="worker"}', "{{instance}}"),),
        ),
        Panel(
            "Judged by the gate, 1 h",
            "Detectors judged by the gate, by outcome: passed, or the check that failed.",
            "short",
            (("sum by (outcome) (increase(flagfive_gate_total[1h]))", "{{outcome}}"),),
        ),
    ),
)
