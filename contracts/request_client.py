"""Asks the adaptation worker and takes its answers, for the command line and the console."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from contracts.answer import Answer
from contracts.answers_topic import answers_topic, create_topic
from contracts.outage import RECONNECT
from contracts.request import Request


class FeedbackClient:
    """Use it in a `with`: opened before asking, it misses no answer."""

    def __init__(self, bootstrap: str, feedback: str) -> None:
        create_topic(bootstrap, answers_topic(feedback))
        self._feedback = feedback
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0, **RECONNECT)
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, **RECONNECT)
        partition = TopicPartition(answers_topic(feedback), 0)
        self._consumer.assign([partition])
        self._consumer.seek_to_end(partition)
        # The position is fixed now, not at the first poll.
        self._consumer.position(partition)

    def ask(self, request: Request, *, timeout_s: float) -> Answer | None:
        """The first answer to `request`; None where there is none within the time."""
        self.send(request, timeout_s=timeout_s)
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            for answer in self.answers(min(left, 0.5)):
                if answer.request_id == request.request_id:
                    return answer
        return None

    def send(self, request: Request, *, timeout_s: float) -> int:
        """Put `request` on the topic; returns its offset once the broker has it. Safe in any thread."""
        value, key = msgspec.json.encode(request), request.request_id.encode()
        offset: int = self._producer.send(self._feedback, value, key=key).get(timeout=timeout_s).offset
        return offset

    def answers(self, wait_s: float) -> list[Answer]:
        """What has been answered since, to whomever; waits so long for a first one."""
        polled = self._consumer.poll(timeout_ms=int(1000 * wait_s))
        return [
            msgspec.json.decode(record.value, type=Answer)
            for records in polled.values()
            for record in records
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._producer.close(timeout=1)
        self._consumer.close(autocommit=False, timeout_ms=1000)
