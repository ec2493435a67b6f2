"""One log line when the broker goes away and one when it is back, instead of one per failed connection.

kafka-python reconnects by itself, inside its calls: that it does shows only in what it logs, many lines a
second. This handler takes those lines and tells the story in two.
"""

from __future__ import annotations

import logging
import time

from contracts.metrics import broker as metrics

# The client retries at least every second (RECONNECT), so three quiet seconds mean that it is connected.
QUIET_S = 3.0
RECONNECT = {
    "reconnect_backoff_ms": 50,
    "reconnect_backoff_max_ms": 1_000,
    # A first connection gives up soon, so that a process that waits for the broker still ends within 5 s.
    "bootstrap_timeout_ms": 2_000,
}
"""Settings of a client that is back within a second of the broker."""


CONNECTION = ("kafka.net.manager", "kafka.net.connection", "kafka.net.transport", "kafka.cluster")
"""Loggers that complain of the connection; what others say is passed on, unless it is away anyway."""
IDLE_TALK = "kafka.net.selector"
"""Tells of every task over 100 ms, such as ours between two polls."""


class Outage(logging.Handler):
    """Listens to kafka-python's loggers on behalf of `process`; `look` must be called now and then."""

    def __init__(self, process: str, bootstrap: str) -> None:
        super().__init__(logging.WARNING)
        self._log = logging.getLogger(process)
        self._process, self._bootstrap = process, bootstrap
        self._last_complaint: float | None = None

    def listen(self) -> None:
        """Take kafka-python's lines from now on; a process calls it once."""
        kafka = logging.getLogger("kafka")
        kafka.handlers, kafka.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of kafka-python's."""
        if record.name.startswith(CONNECTION):
            self.note(record.getMessage())
        elif self._last_complaint is None and record.name != IDLE_TALK:
            self._log.handle(record)

    def note(self, complaint: object) -> None:
        """Tell of the first complaint, with what it said; those that follow are the same outage."""
        if self._last_complaint is None:
            said = str(complaint).splitlines()[0]
            self._log.warning("the broker at %s is away, trying again: %s", self._bootstrap, said)
            metrics.BROKER_OUTAGES.labels(self._process).inc()
        self._last_complaint = time.monotonic()

    def look(self) -> None:
        """Tell that the broker is back once the complaints have ended."""
        last = self._last_complaint
        if last is not None and time.monotonic() - last > QUIET_S:
            self._last_complaint = None
            self._log.warning("the broker at %s is back", self._bootstrap)
