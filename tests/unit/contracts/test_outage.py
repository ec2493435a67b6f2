"""An outage is logged in two lines, for any number of client messages."""

import logging
from collections.abc import Iterator

import pytest

from contracts import outage
from contracts.outage import Outage

SENDER = "kafka.net.manager"


class Lines(logging.Handler):
    """The log of the process itself; pytest's capture also sees loggers that do not propagate."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler, logger = Lines(), logging.getLogger("recorder")
    logger.addHandler(handler)
    yield handler.texts
    logger.removeHandler(handler)


@pytest.fixture
def listening() -> Iterator[Outage]:
    kafka = logging.getLogger("kafka")
    before = kafka.handlers, kafka.propagate
    handler = Outage("recorder", "broker:9092")
    handler.listen()
    yield handler
    kafka.handlers, kafka.propagate = before


def test_many_complaints_are_one_line_and_then_it_is_back(
    listening: Outage, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        logging.getLogger(SENDER).error("connection %d refused\nby the peer", number)
    listening.look()
    assert lines == ["the broker at broker:9092 is away, trying again: connection 0 refused"]
    monkeypatch.setattr(outage, "QUIET_S", -1.0)
    listening.look()
    listening.look()
    assert lines[1:] == ["the broker at broker:9092 is back"]


def test_what_is_no_complaint_of_the_connection_is_passed_on(listening: Outage, lines: list[str]) -> None:
    logging.getLogger("kafka.consumer.fetcher").warning("offset out of range")
    logging.getLogger("kafka.net.selector").warning("slow task")
    assert lines == ["offset out of range"]
