"""The decision on a transaction."""

from enum import IntEnum


class Decision(IntEnum):
    """A decision, as stored and as sent in Arrow batches; JSON messages hold its name in lower case."""

    APPROVE = 0
    REVIEW = 1
    DECLINE = 2
