"""Payments in Protobuf, with a real broker and a real schema registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from flagfive.card_places import card_places
from flagfive.own_broker import free_port
from flagfive.verbs.doctor import checks
from settings import RegistrySettings, Settings, TransactionSettings
from tests.proto_records import ProtoSchema, enveloped
from tests.schema_registry import register, running_registry
from tests.stream_run import StreamRun, stream_run, transactions

CARD = """
syntax = "proto3";
package com.example;
message Card { string token = 1; }
"""
PAYMENT = """
syntax = "proto3";
package com.example;
import "google/protobuf/timestamp.proto";
import "com/example/card.proto";
message Refund { string transaction_id = 1; }
message Payment {
  string transaction_id = 1;
  google.protobuf.Timestamp time = 2;
  double amount = 3;
  string card_id = 4;
  optional string merchant_id = 5;
  Card card = 6;
}
"""
WRITER = ProtoSchema(PAYMENT, {"com/example/card.proto": CARD})
SECOND_MESSAGE = b"\x02\x02"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with running_registry(free_port(), tmp_path / "registry.log") as url:
        yield url


@pytest.fixture
def run(stream_settings: Settings, url: str) -> Iterator[StreamRun]:
    changes = {"transaction": TransactionSettings(format="protobuf"), "registry": RegistrySettings(url=url)}
    with stream_run(stream_settings.model_copy(update=changes)) as run:
        yield run


def send(run: StreamRun, first: int, count: int, number: int | None) -> None:
    """Send payments in Protobuf with a schema id, or in JSON."""
    keys, values = zip(*transactions(run.settings, first, count, seed=first, cards=50), strict=True)
    if number is not None:
        values = tuple(
            enveloped(number, _written(msgspec.json.decode(value)), SECOND_MESSAGE) for value in values
        )
    run.send(keys, values)


def _written(payment: dict[str, object]) -> bytes:
    millis = int(str(payment["time"]))
    time = {"seconds": millis // 1_000, "nanos": millis % 1_000 * 1_000_000}
    names = ("transaction_id", "amount", "card_id", "merchant_id")
    fields = {name: payment.get(name) for name in names}
    return WRITER.payment(**fields, time=time, card={"token": str(payment["card_id"])})


@pytest.mark.timeout(600)
def test_protobuf_is_scored_beside_json_with_schemas_that_import_others(run: StreamRun, url: str) -> None:
    """1 JSON and Protobuf are scored; 2 an unknown schema and damaged records become dead letters."""
    register(url, "card", CARD, "PROTOBUF")
    card: dict[str, str | int] = {"name": "com/example/card.proto", "subject": "card", "version": 1}
    number = register(url, "transactions-value", PAYMENT, "PROTOBUF", [card])
    run.start_worker()
    send(run, 0, 500, None)
    send(run, 500, 1_000, number)
    scores = run.wait_for_scores(1_500)
    assert {str(score["transaction_id"]) for score in scores} == {f"tx-{i}" for i in range(1_500)}
    places = card_places(run.settings)
    assert (places.cards, places.misplaced, places.transactions) == (50, [], 1_500)
    assert dict(checks(run.settings))["schema registry"]() == f"{url} answers"
    send(run, 1_500, 10, number + 99)
    run.send([b"card-1"], [enveloped(number, b"\xff", SECOND_MESSAGE)])
    send(run, 1_510, 100, number)
    run.wait_for_scores(1_600)
    letters = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.dead_letters)]
    assert sorted(letter["reason"] for letter in letters) == ["schema"] * 10 + ["syntax"]
