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
            "By what became of them.",
            "short",
            (("sum by (status) (increase(flagfive_episodes_total[1h]))", "{{status}}"),),
        ),
        Panel(
            "Seconds to each step",
            "From a flag's reaching the adaptation worker, median.",
            "s",
            ((quantile(0.5, "flagfive_adapt_step_seconds", "step"), "{{step}}"),),
        ),
        Panel(
            "Seconds to live",
            "From a flag to its detector's scoring on every partition.",
            "s",
            (
                (quantile(0.5, "flagfive_flag_to_live_seconds"), "median"),
                (quantile(0.95, "flagfive_flag_to_live_seconds"), "p95"),
            ),
        ),
        Panel(
            "Seconds to adapt",
            "The adapter and the gate alone, median, by adapter.",
            "s",
            ((quantile(0.5, "flagfive_adapt_seconds", "adapter"), "{{adapter}}"),),
        ),
        Panel(
            "Calibration reservoir",
            "Recent transactions that detectors are calibrated on; 50,000 where there are so many.",
            "short",
            (('flagfive_reservoir_rows{job="adapter"}', "rows"),),
        ),
        Panel(
            "Control offset, by worker",
            "The entry in force in each worker.",
            "short",
            (('flagfive_control_offset{job="worker"}', "{{instance}}"),),
        ),
        Panel(
            "Control offsets apart",
            "Between the partition that is furthest and the one that is furthest behind.",
            "short",
            (("flagfive:control_offset:apart", "apart"),),
            "stat",
            limits=((1, "red"),),
        ),
        Panel(
            "Control entries applied, 1 h",
            "By kind.",
            "short",
            (("sum by (kind) (increase(flagfive_control_applied_total[1h]))", "{{kind}}"),),
        ),
        Panel(
            "Control entries refused, 1 h",
            "By what is wrong with them; anything but 0 is looked into.",
            "short",
            (("sum by (cause) (increase(flagfive_control_refused_total[1h]))", "{{cause}}"),),
            limits=((1, "red"),),
        ),
        Panel(
            "Seconds to apply an entry",
            "From its signing to its being in force, ninth decile.",
            "s",
            ((quantile(0.9, "flagfive_control_apply_seconds"), "p90"),),
        ),
    ),
)
