"""Sends requests to the adaptation worker and reads its answers, for the command line and the console."""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Any, Self

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from contracts.answer import Answer
from contracts.answers_topic import answers_topic, create_topic
from contracts.broker import Broker, kafka_python_options
from contracts.metrics import trust as metrics
from contracts.outage import RECONNECT
from contracts.request import Request
from contracts.request_masking import masked
from contracts.signing.principals import ANSWER
from contracts.signing.trust import Trust, Untrusted

log = logging.getLogger(__name__)


class FeedbackClient:
    """Use it in a `with`. It reads all answers that are sent after it was opened.

    It signs requests, and ignores answers that an adaptation worker has not signed.

    Args:
        broker: the cluster and how to connect to it.
        feedback: topic of requests.
        trust: who signs, and whose answers count.
    """

    def __init__(self, broker: Broker, feedback: str, trust: Trust) -> None:
        create_topic(broker, answers_topic(feedback))
        self._feedback, self._answers, self._trust = feedback, answers_topic(feedback), trust
        self._producer = KafkaProducer(**kafka_python_options(broker), acks="all", linger_ms=0, **RECONNECT)
        self._consumer = KafkaConsumer(**kafka_python_options(broker), enable_auto_commit=False, **RECONNECT)
        partition = TopicPartition(answers_topic(feedback), 0)
        self._consumer.assign([partition])
        self._consumer.seek_to_end(partition)
        # Asking for the position fixes it now; without this the first poll would.
        self._consumer.position(partition)

    def ask(self, request: Request, *, timeout_s: float) -> Answer | None:
        """Send a request and wait for its first answer.

        Args:
            request: what is asked.
            timeout_s: seconds to wait, for the broker and for the answer.

        Returns:
            The answer; None where none came within `timeout_s` seconds.

        Raises:
            KafkaError: the broker did not take the request.
        """
        offset = self.send(request, timeout_s=timeout_s)
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            for answer in self.answers(min(left, 0.5)):
                if answer.request_id == request.request_id and answer.record in (None, offset):
                    return answer
        return None

    def send(self, request: Request, *, timeout_s: float) -> int:
        """Put a request on the topic, with card numbers masked. Safe in any thread.

        Args:
            request: what is asked.
            timeout_s: seconds to wait for the broker.

        Returns:
            Its offset, once the broker has stored it.

        Raises:
            KafkaError: the broker did not take it within `timeout_s` seconds.
        """
        value, key = msgspec.json.encode(masked(request)), request.request_id.encode()
        headers = self._trust.signed(self._feedback, key, value)
        sent = self._producer.send(self._feedback, value, key=key, headers=headers)
        offset: int = sent.get(timeout=timeout_s).offset
        return offset

    def answers(self, wait_s: float) -> list[Answer]:
        """Answers to all clients since the last call; waits up to `wait_s` seconds for the first one."""
        polled = self._consumer.poll(timeout_ms=int(1000 * wait_s))
        read = (self._read(record) for records in polled.values() for record in records)
        return [answer for answer in read if answer is not None]

    def _read(self, record: Any) -> Answer | None:
        """Decode an answer that is signed; count another and return None."""
        try:
            self._trust.require(ANSWER, self._answers, record.key, record.value, record.headers)
        except Untrusted as refusal:
            metrics.UNTRUSTED.labels(metrics.ANSWER, refusal.cause).inc()
            log.warning("answer at offset %d of %s is ignored: %s", record.offset, self._answers, refusal)
            return None
        return msgspec.json.decode(record.value, type=Answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._producer.close(timeout=1)
        self._consumer.close(autocommit=False, timeout_ms=1000)
