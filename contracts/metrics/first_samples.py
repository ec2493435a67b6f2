"""Label values that exist from the start of a process."""

from prometheus_client import Counter


def begin_at_zero(counter: Counter, *values: str) -> None:
    """Create the series of `counter` for each label value.

    Prometheus computes a rate from the second sample on, so a series that appears with its first event would
    hide that event from alarms and panels.
    """
    for value in values:
        counter.labels(value)
