"""One log line when the broker goes away and one when it is back, instead of one per failed connection.

kafka-python reconnects inside its calls, and shows this only in its log, with many lines a second. This
handler replaces those lines by two.
"""

from __future__ import annotations

import logging
import time

from contracts.broker_errors import is_missing_right, told
from contracts.metrics import broker as metrics

# The client retries at least every second (RECONNECT), so 3 s without a complaint mean that it is connected.
QUIET_S = 3.0
METADATA_MAX_AGE_MS = 10_000
"""A topic that was created a moment ago, or whose broker has just restarted, may be missing from the first
answer. A consumer then has no partition until it asks again, by default after five minutes."""
RECONNECT = {
    "reconnect_backoff_ms": 50,
    "reconnect_backoff_max_ms": 1_000,
    # The first connection gives up after 2 s, so that a waiting process can still end within 5 s.
    "bootstrap_timeout_ms": 2_000,
    "metadata_max_age_ms": METADATA_MAX_AGE_MS,
}
"""Settings with which a client reconnects within 1 s after the broker is back, and finds new topics soon."""


CONNECTION = ("kafka.net.manager", "kafka.net.connection", "kafka.net.transport", "kafka.cluster")
"""Loggers of the connection. Lines of other loggers are passed on unless the broker is away."""
IDLE_TALK = "kafka.net.selector"
"""Logs every task over 100 ms, such as the work between two polls; these lines are dropped."""


class Outage(logging.Handler):
    """Handles the log of kafka-python for one process, which must call `look` about once a second.

    Args:
        process: name of the process; also the name of its logger and the label of its metric.
        bootstrap: the broker's address.
    """

    def __init__(self, process: str, bootstrap: str) -> None:
        super().__init__(logging.WARNING)
        self._log = logging.getLogger(process)
        self._process, self._bootstrap = process, bootstrap
        self._last_complaint: float | None = None

    def listen(self) -> None:
        """Handle the lines of kafka-python from now on; a process calls it once."""
        kafka = logging.getLogger("kafka")
        kafka.handlers, kafka.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        """Handle one line of kafka-python."""
        if record.name.startswith(CONNECTION):
            self.note(record.getMessage())
        elif self._last_complaint is None and record.name != IDLE_TALK:
            self._log.handle(record)

    def note(self, complaint: object) -> None:
        """Log the first complaint of an outage, and count the outage; later complaints belong to it."""
        if self._last_complaint is None:
            state, said = "is away", "".join(str(complaint).splitlines()[:1])
            if isinstance(complaint, BaseException) and is_missing_right(complaint):
                state, said = "refuses", told(complaint)
            self._log.warning("the broker at %s %s, trying again: %s", self._bootstrap, state, said)
            metrics.BROKER_OUTAGES.labels(self._process).inc()
        self._last_complaint = time.monotonic()

    def look(self) -> None:
        """Log that the broker is back, after 3 s without a complaint."""
        last = self._last_complaint
        if last is not None and time.monotonic() - last > QUIET_S:
            self._last_complaint = None
            self._log.warning("the broker at %s is back", self._bootstrap)
