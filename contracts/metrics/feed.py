"""Metrics of `produce` and `simulate`."""

from prometheus_client import Counter

FED = Counter(
    "flagfive_fed_total", "Transactions sent to the input topic by `flagfive produce` or `flagfive simulate`."
)
