"""PromQL expressions that several panels share."""

from __future__ import annotations

RATE = "$__rate_interval"
SCORED = 'flagfive_surprising_total{at_least="0"}'


def quantile(q: float, metric: str, *by: str) -> str:
    """Return the quantile of a histogram over the interval of the panel, by labels."""
    return f"histogram_quantile({q}, sum by ({', '.join(('le', *by))}) (rate({metric}_bucket[{RATE}])))"


def rate(metric: str, *by: str) -> str:
    """Return the rate of a counter per second, by labels."""
    grouped = f" by ({', '.join(by)})" if by else ""
    return f"sum{grouped} (rate({metric}[{RATE}]))"
