"""One request that cannot be sent does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from kafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from sqlalchemy import Engine

from console.feedback import send_pending
from contracts.request import Request
from contracts.request_size import MOST_BYTES, RequestTooLarge, encode_request
from storage import UnitOfWork, migrate, open_engine


class ClientThatRefusesLargeRequests:
    """Takes requests of at most two ids, as a broker with a limit does."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.away = False

    def send(self, request: Request, *, timeout_s: float) -> int:
        if self.away:
            raise KafkaConnectionError
        if len(request.fraud) > 2:
            raise MessageSizeTooLargeError("larger than the topic allows")
        self.sent.append(request.request_id)
        return len(self.sent)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'flagfive.db'}")
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def add(engine: Engine, request_id: str, ids: int, episode: str) -> None:
    request = Request(request_id, "flag", "ada", 0.0, name=episode, fraud=("t",) * ids)
    with UnitOfWork(engine) as unit:
        unit.outbox.add("feedback", b"k", msgspec.json.encode(request), time=0.0, lane=episode)
        unit.commit()


def test_a_request_that_is_too_large_is_parked_and_the_others_are_sent(engine: Engine) -> None:
    for request_id, ids, episode in (("large", 3, "ring"), ("behind", 1, "ring"), ("other", 1, "gift cards")):
        add(engine, request_id, ids, episode)
    client = ClientThatRefusesLargeRequests()
    for _ in range(2):
        send_pending(engine, client, "feedback")  # type: ignore[arg-type]
    assert client.sent == ["other"]
    with UnitOfWork(engine) as unit:
        (parked,) = unit.outbox.parked()
        assert "larger than the topic allows" in (parked.cause or "")
        assert unit.outbox.discard(parked.id)
        unit.commit()
    send_pending(engine, client, "feedback")  # type: ignore[arg-type]
    assert client.sent == ["other", "behind"]


def test_nothing_is_parked_while_the_broker_is_away(engine: Engine) -> None:
    add(engine, "waits", 1, "ring")
    client = ClientThatRefusesLargeRequests()
    client.away = True
    with pytest.raises(KafkaConnectionError):
        send_pending(engine, client, "feedback")  # type: ignore[arg-type]
    with UnitOfWork(engine, reads_only=True) as unit:
        assert (unit.outbox.parked(), len(unit.outbox.pending())) == ([], 1)


def test_a_request_larger_than_a_record_is_refused_with_its_size_and_ids() -> None:
    request = Request("r", "flag", "ada", 0.0, name="ring", fraud=("x" * 200,) * 10_000)
    with pytest.raises(RequestTooLarge, match=f"10,000 ids, allowed are {MOST_BYTES:,} bytes: divide it"):
        encode_request(request)
