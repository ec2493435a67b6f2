"""Metrics of the console."""

from prometheus_client import Counter, Gauge, Histogram

from contracts.metrics.buckets import SECONDS

CONSOLE_REQUESTS = Counter(
    "flagfive_console_requests_total",
    "Requests that the console answered, by part of the API, `pages` or `assets`, and class of status.",
    ["group", "status"],
)
CONSOLE_SECONDS = Histogram(
    "flagfive_console_request_seconds",
    "Seconds from a request to the end of its answer.",
    ["group"],
    buckets=SECONDS,
)
CONSOLE_PAGES_OPEN = Gauge("flagfive_console_open_pages", "Pages that are open in a browser now.")
CONSOLE_SIGN_INS = Counter(
    "flagfive_console_sign_ins_total", "Tries to sign in, by way and outcome.", ["way", "outcome"]
)
CONSOLE_ASKED = Counter(
    "flagfive_console_asked_total",
    "Requests that people waited for an answer of the adaptation worker to, by kind and outcome; `none` is "
    "no answer in time.",
    ["kind", "outcome"],
)
