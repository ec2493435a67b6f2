"""Writes the Grafana dashboards in grafana/ from what stands here: `python dashboards/build.py`.

A panel is a line or two: title, what it shows, unit, and expressions with their legends. The JSON is what
Grafana reads; a test holds that it is what this file writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "grafana"
SOURCE = {"type": "prometheus", "uid": "prometheus"}
COLUMNS, WIDTH, HEIGHT = 24, 8, 7
SCORED = 'flagfive_surprising_total{at_least="0"}'
RATE = "$__rate_interval"


@dataclass(frozen=True)
class Panel:
    """One panel. `lines` are expressions and their legends; `limits` colour a value from each on."""

    title: str
    shows: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    width: int = WIDTH
    limits: tuple[tuple[float, str], ...] = ()

    def to_json(self, number: int, x: int, y: int) -> dict[str, Any]:
        """As Grafana reads it, at a place of the grid."""
        targets = [
            {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for at, (expression, legend) in enumerate(self.lines)
        ]
        steps = [{"color": "green", "value": None}, *({"color": c, "value": v} for v, c in self.limits)]
        defaults: dict[str, Any] = {"unit": self.unit}
        if self.limits:
            defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        options: dict[str, Any] = {"legend": {"displayMode": "list", "placement": "bottom"}}
        if self.kind != "timeseries":
            options = {"reduceOptions": {"calcs": ["lastNotNull"]}}
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.shows,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": HEIGHT},
            "targets": targets,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options,
        }


@dataclass(frozen=True)
class Dashboard:
    """One page; its panels stand in rows from left to right."""

    name: str
    title: str
    panels: tuple[Panel, ...]

    def to_json(self) -> dict[str, Any]:
        """As Grafana reads it."""
        return {
            "uid": f"flagfive-{self.name}",
            "title": f"flagfive: {self.title}",
            "tags": ["flagfive"],
            "schemaVersion": 41,
            "version": 1,
            "editable": False,
            "refresh": "10s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": []},
            "annotations": {"list": []},
            "links": [{"type": "dashboards", "tags": ["flagfive"], "title": "flagfive", "asDropdown": False}],
            "panels": _laid_out(self.panels),
        }


def _laid_out(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    x, y, found = 0, 0, []
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > COLUMNS:
            x, y = 0, y + HEIGHT
        found.append(panel.to_json(number, x, y))
        x += panel.width
    return found


def quantile(q: float, metric: str, *by: str) -> str:
    """A quantile of a histogram over the panel's interval."""
    return f"histogram_quantile({q}, sum by ({', '.join(('le', *by))}) (rate({metric}_bucket[{RATE}])))"


def rate(metric: str, *by: str) -> str:
    """A counter per second."""
    grouped = f" by ({', '.join(by)})" if by else ""
    return f"sum{grouped} (rate({metric}[{RATE}]))"


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
            (('sum by (job) (up{job=~"worker|recorder|adapter|monitor"})', "{{job}}"),),
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

ALL = (OVERVIEW, DRIFT, DETECTORS, PIPELINE, ADAPTATION)


def text(dashboard: Dashboard) -> str:
    """The file that Grafana reads."""
    return json.dumps(dashboard.to_json(), indent=1) + "\n"


if __name__ == "__main__":
    for one in ALL:
        (FOLDER / f"{one.name}.json").write_text(text(one))
