"""Creates label values at the start of a process."""

from prometheus_client import Counter


def begin_at_zero(counter: Counter, *values: str) -> None:
    """Create a series of a counter for each label value, at zero.

    Prometheus computes a rate from the second sample on. A series that appears with its first event would
    hide that event from alarms and panels.

    Args:
        counter: a counter with one label.
        *values: values of the label.
    """
    for value in values:
        counter.labels(value)
