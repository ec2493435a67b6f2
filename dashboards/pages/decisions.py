"""The decision API: rate, latency, and how many answers were no committed score."""

from __future__ import annotations

from dashboards.expressions import quantile, rate
from dashboards.panel import Dashboard, Panel

_ALL = rate("flagfive_decisions_total")
_FALLBACK = (
    'sum(rate(flagfive_decisions_total{kind=~"deadline|overload|not_stored|not_scored"}[$__rate_interval]))'
)
_PROVISIONAL = 'sum(rate(flagfive_decisions_total{kind="provisional"}[$__rate_interval]))'

DECISIONS = Dashboard(
    "decisions",
    "decisions",
    (
        Panel(
            "Decisions",
            "Transactions answered a second, by decision.",
            "reqps",
            ((rate("flagfive_decided_total", "decision"), "{{decision}}"),),
        ),
        Panel(
            "Seconds to a decision",
            "Median and 99th percentile from arrival to answer, by kind of answer.",
            "s",
            (
                (quantile(0.5, "flagfive_decision_seconds", "kind"), "{{kind}}: p50"),
                (quantile(0.99, "flagfive_decision_seconds", "kind"), "{{kind}}: p99"),
            ),
        ),
        Panel(
            "Seconds of each step",
            "99th percentile of each step in the gateway: taken in, stored, scored, committed.",
            "s",
            ((quantile(0.99, "flagfive_decision_step_seconds", "step"), "{{step}}"),),
        ),
        Panel(
            "Fallback and provisional share",
            "Share of answers that were the fallback, and share whose score was not committed yet.",
            "percentunit",
            ((f"{_FALLBACK} / {_ALL}", "fallback"), (f"{_PROVISIONAL} / {_ALL}", "provisional")),
        ),
        Panel(
            "Requests by status",
            "Requests a second, by status code; 429 were refused because too many transactions waited.",
            "reqps",
            ((rate("flagfive_decision_requests_total", "status"), "{{status}}"),),
        ),
        Panel(
            "Under way",
            "Transactions that wait for their score, and how many may.",
            "short",
            (
                ("sum(flagfive_decisions_under_way)", "under way"),
                ("sum(flagfive_decisions_limit)", "limit"),
            ),
        ),
        Panel(
            "Lost, changed, and look-ups, 1 h",
            "Transactions without a score within 30 s; provisional scores that a restarted scorer replaced; "
            "look-ups of ids in the database, by outcome.",
            "short",
            (
                ("sum(increase(flagfive_decisions_lost_total[1h]))", "lost"),
                ("sum(increase(flagfive_decisions_changed_total[1h]))", "changed"),
                ("sum by (outcome) (increase(flagfive_decision_lookups_total[1h]))", "look-ups {{outcome}}"),
            ),
        ),
    ),
)
