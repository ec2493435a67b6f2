"""Expressions that stand on more than one panel."""

from __future__ import annotations

RATE = "$__rate_interval"
SCORED = 'flagfive_surprising_total{at_least="0"}'


def quantile(q: float, metric: str, *by: str) -> str:
    """A quantile of a histogram over the panel's interval."""
    return f"histogram_quantile({q}, sum by ({', '.join(('le', *by))}) (rate({metric}_bucket[{RATE}])))"


def rate(metric: str, *by: str) -> str:
    """A counter per second."""
    grouped = f" by ({', '.join(by)})" if by else ""
    return f"sum{grouped} (rate({metric}[{RATE}]))"
