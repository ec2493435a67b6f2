"""Waits for a cluster that has just started: it first creates its topics of groups and transactions."""

import time
from collections.abc import Callable
from typing import TypeVar

from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError

PATIENCE_S, RETRY_S = 10.0, 0.2
T = TypeVar("T")


def once_coordinated(ask: Callable[[], T]) -> T:
    """Repeat a request until the coordinator of its group or transactional id is there, for 10 s at most.

    Args:
        ask: sends the request.

    Raises:
        CoordinatorNotAvailableError: it is still not there.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError):
            if time.monotonic() > deadline:
                raise
        time.sleep(RETRY_S)
