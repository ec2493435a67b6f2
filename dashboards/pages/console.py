"""The console: what analysts ask of it, and how long they wait."""

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
            "Answers",
            "A second, by class of status; 4xx were refused, 5xx failed.",
            "reqps",
            ((rate("flagfive_console_requests_total", "status"), "{{status}}"),),
        ),
        Panel(
            "Seconds to an answer",
            "Ninth decile, by part of the API, pages or assets.",
            "s",
            ((quantile(0.9, "flagfive_console_request_seconds", "group"), "{{group}}"),),
        ),
        Panel(
            "Pages open",
            "Pages that browsers hold a connection for.",
            "short",
            (("sum(flagfive_console_open_pages)", "open"),),
            "stat",
        ),
        Panel(
            "Sign-ins, 1 h",
            "Tries by way and outcome; locked ones had too many wrong passwords before.",
            "short",
            (
                (
                    "sum by (way, outcome) (increase(flagfive_console_sign_ins_total[1h]))",
                    "{{way}}: {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Asked of the adaptation worker, 1 h",
            "Requests that people waited for, by kind and outcome; none is no answer within seconds.",
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
