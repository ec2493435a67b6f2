"""Metrics of the console."""

from prometheus_client import Counter, Gauge, Histogram

from contracts.metrics.buckets import SECONDS

CONSOLE_REQUESTS = Counter(
    "flagfive_console_requests_total",
    "Requests answered by the console, by part of the API, `pages` or `assets`, and by status class.",
    ["group", "status"],
)
CONSOLE_SECONDS = Histogram(
    "flagfive_console_request_seconds",
    "Seconds from a request to the end of its response.",
    ["group"],
    buckets=SECONDS,
)
CONSOLE_PAGES_OPEN = Gauge("flagfive_console_open_pages", "Pages now open in a browser.")
CONSOLE_SIGN_INS = Counter(
    "flagfive_console_sign_ins_total", "Sign-in attempts, by method and outcome.", ["way", "outcome"]
)
CONSOLE_ASKED = Counter(
    "flagfive_console_asked_total",
    "Requests of users to the adaptation worker, by kind and outcome; `none` means no answer in time.",
    ["kind", "outcome"],
)
