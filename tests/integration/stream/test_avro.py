"""Payments in Avro, with a real broker and a real schema registry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from flagfive.card_places import card_places
from flagfive.own_broker import free_port
from flagfive.verbs.doctor import checks
from settings import RegistrySettings, Settings, TransactionSettings
from stream.registry.client import NoSuchSchema, Registry
from tests.avro_records import AvroWriter, enveloped
from tests.schema_registry import register, running_registry
from tests.stream_run import StreamRun, stream_run, transactions
from tests.waiting import until

WRITER = AvroWriter(
    {
        "type": "record",
        "name": "Payment",
        "fields": [
            {"name": "transaction_id", "type": "string"},
            {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "amount", "type": "double"},
            {"name": "card_id", "type": "string"},
            {"name": "merchant_id", "type": ["null", "string"]},
        ],
    }
)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def run(stream_settings: Settings, port: int) -> Iterator[StreamRun]:
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    changes = {"transaction": TransactionSettings(format="avro"), "registry": RegistrySettings(url=url)}
    with stream_run(stream_settings.model_copy(update=changes)) as run:
        yield run


def send(run: StreamRun, first: int, count: int, number: int | None) -> None:
    """Send payments in Avro with a schema id, or in JSON."""
    records = transactions(run.settings, first, count, seed=first, cards=50)
    keys, values = zip(*records, strict=True)
    if number is not None:
        values = tuple(enveloped(number, WRITER.write(msgspec.json.decode(value))) for value in values)
    run.send(keys, values)


@pytest.mark.timeout(600)
def test_avro_waits_for_the_registry_and_is_scored_beside_json(
    run: StreamRun, port: int, tmp_path: Path
) -> None:
    """1 JSON while the registry is away; 2 Avro, which waits; 3 the registry starts; 4 all is scored."""
    worker = run.start_worker()
    send(run, 0, 500, None)
    run.wait_for_scores(500)
    send(run, 500, 1_000, 1)
    until(lambda: "the schema registry is away" in run.log_of(worker), what="the wait", within_s=120.0)
    with running_registry(port, tmp_path / "registry.log") as url:
        assert register(url, "transactions-value", WRITER.text) == 1
        scores = run.wait_for_scores(1_500)
        assert {str(score["transaction_id"]) for score in scores} == {f"tx-{i}" for i in range(1_500)}
        places = card_places(run.settings)
        assert (places.cards, places.misplaced, places.transactions) == (50, [], 1_500)
        assert dict(checks(run.settings))["schema registry"]() == f"{url} answers"
        send(run, 1_500, 10, 99)  # a schema that the registry does not know
        send(run, 1_510, 100, 1)
        run.wait_for_scores(1_600)
        letters = [msgspec.json.decode(value) for _, value in run.records(run.settings.topics.dead_letters)]
        assert {letter["reason"] for letter in letters} == {"schema"}
        assert len(letters) == 10


@pytest.mark.timeout(600)
def test_a_real_registry_gives_schemas_with_their_references(port: int, tmp_path: Path) -> None:
    with running_registry(port, tmp_path / "registry.log") as url:
        number = register(url, "transactions-value", WRITER.text)

        async def ask() -> None:
            registry = Registry(RegistrySettings(url=url))
            assert "AVRO" in await registry.kinds()
            assert msgspec.json.decode((await registry.schema(number)).text) == WRITER.schema
            with pytest.raises(NoSuchSchema):
                await registry.schema(number + 1)
            await registry.close()

        asyncio.run(ask())
