"""Answers records that are not admitted, at a bounded rate: a flood of them must not hold up requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from contracts.answer import Answer
from contracts.metrics import trust as metrics
from contracts.signing.trust import Untrusted

log = logging.getLogger(__name__)

ANSWERED_PER_S = 10
"""A person or a program that lacks a key needs one answer; each costs a round trip to the broker."""


class Refusals:
    """Counts refused records, and answers and logs the first ten of each second.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._second, self._answered = 0, 0

    def answer(self, record: Any, refusal: Untrusted) -> Answer | None:
        """Return the answer to a record that changes nothing; None where too many are refused now.

        Args:
            record: a record of kafka-python; the answer names its offset, which only its sender knows.
            refusal: why it is not admitted.

        Returns:
            The answer.
        """
        metrics.UNTRUSTED.labels(metrics.REQUEST, refusal.cause).inc()
        second = int(self._clock())
        if second != self._second:
            self._second, self._answered = second, 0
        self._answered += 1
        if self._answered > ANSWERED_PER_S:
            return None
        log.error("adapter: record at offset %d is not admitted: %s", record.offset, refusal)
        name = (record.key or b"").decode(errors="replace")
        return Answer(name, "refused", str(refusal), record=record.offset)
