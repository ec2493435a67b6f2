"""A request is repeated until the broker answers, and the log says so twice."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiokafka import errors as kafka_errors

from contracts.broker_errors import told
from stream.transport import patience
from stream.transport.patience import until_the_broker_answers


class Broker:
    """Fails with each of `errors`, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self._errors, self.asked = list(errors), 0

    async def ask(self) -> str:
        self.asked += 1
        if self._errors:
            raise self._errors.pop(0)
        return "an answer"


def asked(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[float]]:
    """Return the answer, and how long each pause was, in seconds."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("stream.transport.patience.asyncio.sleep", pause)
    return asyncio.run(until_the_broker_answers(broker.ask, "reading places")), pauses


def test_an_answer_at_once_is_returned_and_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert asked(Broker(), monkeypatch) == ("an answer", [])
    assert caplog.records == []


def test_a_broker_that_is_away_is_asked_again_and_said_to_be_away_and_back_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Broker(kafka_errors.KafkaConnectionError("away"), OSError("unreachable"), OSError("unreachable"))
    with caplog.at_level(logging.WARNING):
        assert asked(broker, monkeypatch) == ("an answer", [patience.RETRY_S] * 3)
    assert broker.asked == 4
    away, back = [record.getMessage() for record in caplog.records]
    assert away.startswith("reading places: the broker does not answer (KafkaConnectionError")
    assert away.endswith("trying every 0.2 s")
    assert back == "reading places: the broker is back"


def test_a_missing_right_is_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    error = kafka_errors.TopicAuthorizationFailedError("scores")
    asked(Broker(error), monkeypatch)
    assert told(error, "WRITE") in caplog.text
    assert "does not answer" not in caplog.text


def test_an_error_in_our_code_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(KeyError("a bug"))
    with pytest.raises(KeyError):
        asked(broker, monkeypatch)
    assert broker.asked == 1
