"""Sends requests from the outbox to the adaptation worker, and receives answers and acknowledgements."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Protocol, Self

import msgspec
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from sqlalchemy import Engine

from contracts.acknowledgement import Acknowledgement
from contracts.answer import Answer
from contracts.broker import Broker
from contracts.heartbeat import HEARTBEATS
from contracts.outage import Outage
from contracts.request import Request
from contracts.request_client import FeedbackClient
from contracts.signing.trust import Trust
from contracts.undecodable import UNDECODABLE
from control.acknowledgements import AckWatch, Progress
from settings import TopicsSettings
from storage import StorageUnavailable, UnitOfWork

log = logging.getLogger(__name__)

ANSWERS, OUTBOX = "answers", "outbox"
STUCK_S = 120.0  # seconds without a turn; to connect to a broker that is away takes up to 30 s
RETRY_S = 1.0
POLL_S = 0.05
"""Longest wait for answers between two polls of the acknowledgements."""
SEND_WITHIN_S = 10.0
UNSENDABLE = (MessageSizeTooLargeError, RecordListTooLargeError, *UNDECODABLE)
"""Errors of one request that no further try would mend."""


class Feedback(Protocol):
    """The connection to the adaptation worker, as services use it."""

    @property
    def topic(self) -> str:
        """Name of the topic of requests."""

    def expect(self, request_id: str) -> Future[Answer]:
        """Return the future answer of a request; call it before the request is sent."""

    def wake(self) -> None:
        """Send the messages of the outbox now."""

    def progress(self, control_offset: int) -> Progress | None:
        """Count the partitions where this offset is in force; None if acknowledgements cannot be read."""

    def acks(self) -> dict[int, Acknowledgement]:
        """Return the newest acknowledgement of each partition; empty if none can be read."""

    def __enter__(self) -> object:
        """Start to send and receive."""

    def __exit__(self, *error: object) -> None:
        """Stop to send and receive."""


class KafkaFeedback:
    """Two threads: one sends the outbox, one receives answers and acknowledgements.

    While the broker is away, requests stay in the outbox. A crash after sending and before marking sends a
    request twice; the worker recognises the repeat by its id.
    """

    def __init__(self, engine: Engine, broker: Broker, topics: TopicsSettings, trust: Trust) -> None:
        self.topic = topics.feedback
        self._trust = trust
        self._engine, self._broker, self._topics = engine, broker, topics
        self._outage = Outage("console", broker.bootstrap)
        self._expected: dict[str, Future[Answer]] = {}
        self._offsets: dict[str, int] = {}
        self._lock = threading.Lock()
        self._due, self._stop = threading.Event(), threading.Event()
        self._client: FeedbackClient | None = None
        self._watch: AckWatch | None = None
        work = (("answers", self._receive), ("outbox", self._relay))
        self._threads = [threading.Thread(target=do, name=f"feedback {name}") for name, do in work]

    def __enter__(self) -> Self:
        """Start both threads; the broker may still be away."""
        self._outage.listen()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop both threads."""
        self._stop.set()
        self._due.set()
        for thread in self._threads:
            thread.join()
        HEARTBEATS.end(ANSWERS)
        HEARTBEATS.end(OUTBOX)

    def expect(self, request_id: str) -> Future[Answer]:
        """Return the one future of this request, shared by all callers."""
        with self._lock:
            return self._expected.setdefault(request_id, Future())

    def wake(self) -> None:
        """Wake the thread that sends the outbox."""
        self._due.set()

    def progress(self, control_offset: int) -> Progress | None:
        """Answer from the acknowledgements received so far."""
        watch = self._watch
        return watch.table.progress(control_offset) if watch else None

    def acks(self) -> dict[int, Acknowledgement]:
        """Answer from the acknowledgements received so far."""
        watch = self._watch
        return dict(watch.table.newest) if watch else {}

    def _receive(self) -> None:
        while not self._stop.is_set():
            try:
                with ExitStack() as open_:
                    self._connect(open_)
                    self._follow()
            except KafkaError as error:
                self._outage.note(error)
            HEARTBEATS.beat(ANSWERS, within_s=STUCK_S)
            self._client, self._watch = None, None
            self._stop.wait(RETRY_S)

    def _connect(self, open_: ExitStack) -> None:
        client = open_.enter_context(FeedbackClient(self._broker, self.topic, self._trust))
        topics = self._topics
        watch = AckWatch(self._broker, topics.control_acks, topics.partitions, self._trust, whole=True)
        open_.callback(watch.close)
        self._client, self._watch = client, watch
        self._due.set()

    def _follow(self) -> None:
        assert self._client is not None  # connected
        assert self._watch is not None
        while not self._stop.is_set():
            HEARTBEATS.beat(ANSWERS, within_s=STUCK_S)
            self._outage.look()
            for answer in self._client.answers(POLL_S):
                self._deliver(answer)
            self._watch.poll()

    def _deliver(self, answer: Answer) -> None:
        """Give an answer to who waits for it.

        An answer about a record that was not admitted counts only if that record is ours: anyone may have
        written a record under the id of our request.
        """
        with self._lock:
            ours = answer.record in (None, self._offsets.get(answer.request_id))
            future = self._expected.pop(answer.request_id, None) if ours else None
            if ours:
                self._offsets.pop(answer.request_id, None)
        if answer.record is not None:
            log.error("console: request %s was not admitted: %s", answer.request_id, answer.message)
        if future is not None:
            future.set_result(answer)

    def _note_sent(self, request_id: str, offset: int) -> None:
        with self._lock:
            if request_id in self._expected:
                self._offsets[request_id] = offset

    def _relay(self) -> None:
        """Send due messages, and poll every second for those of another console or an earlier run."""
        while not self._stop.is_set():
            HEARTBEATS.beat(OUTBOX, within_s=STUCK_S)
            self._due.wait(RETRY_S)
            self._due.clear()
            client = self._client
            if client is None or self._stop.is_set():
                continue
            try:
                send_pending(self._engine, client, self.topic, self._note_sent)
            except (KafkaError, StorageUnavailable) as error:
                log.warning("console: requests wait in the outbox: %s", error)


def send_pending(
    engine: Engine,
    client: FeedbackClient,
    topic: str,
    sent: Callable[[str, int], None] = lambda request_id, offset: None,
) -> None:
    """Sign and send the requests of the outbox in order, and mark each after the broker has it.

    A request that the broker would never take is parked with its cause; the others go on.

    Args:
        engine: the database.
        client: signs and sends.
        topic: topic of requests.
        sent: is called with the id and the offset of each request.

    Raises:
        KafkaError: the broker is away.
        StorageUnavailable: the database is away.
    """
    with UnitOfWork(engine, reads_only=True) as unit:
        waiting = [(m.id, m.lane, m.value or b"") for m in unit.outbox.pending() if m.topic == topic]
    stopped = set[str]()
    for message_id, lane, value in waiting:
        if lane and lane in stopped:
            continue
        try:
            request = msgspec.json.decode(value, type=Request)
            offset = client.send(request, timeout_s=SEND_WITHIN_S)
        except UNSENDABLE as error:
            stopped.add(lane)
            _park(engine, message_id, error)
            continue
        sent(request.request_id, offset)
        with UnitOfWork(engine) as unit:
            unit.outbox.mark_sent(message_id, time=time.time(), offset=offset)
            unit.commit()


def _park(engine: Engine, message_id: int, error: Exception) -> None:
    cause = f"{type(error).__name__}: {error}"
    log.error("console: request %d of the outbox is parked, see `flagfive outbox`: %s", message_id, cause)
    with UnitOfWork(engine) as unit:
        unit.outbox.park(message_id, time=time.time(), cause=cause)
        unit.commit()
