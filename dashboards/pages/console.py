"""The console: requests of analysts, and how long they wait."""

from __future__ import annotations

from dashboards.expressions import quantile, rate
from dashboards.panel import Dashboard, Panel

CONSOLE = Dashboard(
    "console",
    "console",
    (
        Panel(
            "Requests",
            "Requests a second, by part of the API, pages or assets.",
            "reqps",
            ((rate("flagfive_console_requests_total", "group"), "{{group}}"),),
        ),
        Panel(
            "Responses",
            "Responses a second, by status class; 4xx were refused, 5xx failed.",
            "reqps",
            ((rate("flagfive_console_requests_total", "status"), "{{status}}"),),
        ),
        Panel(
            "Seconds to a response",
            "90th percentile, by part of the API, pages or assets.",
            "s",
            ((quantile(0.9, "flagfive_console_request_seconds", "group"), "{{group}}"),),
        ),
        Panel(
            "Pages open",
            "Pages with an open browser connection.",
            "short",
            (("sum(flagfive_console_open_pages)", "open"),),
            "stat",
        ),
        Panel(
            "Sign-ins, 1 h",
            "Sign-in attempts by method and outcome; delayed means too many wrong passwords before.",
            "short",
            (
                (
                    "sum by (way, outcome) (increase(flagfive_console_sign_ins_total[1h]))",
                    "{{way}}: {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Requests to the adaptation worker, 1 h",
            "Requests of users, by kind and outcome; none means no answer in time.",
            "short",
            (
                (
                    "sum by (kind, outcome) (increase(flagfive_console_asked_total[1h]))",
                    "{{kind}}: {{outcome}}",
                ),
            ),
        ),
    ),
)
