"""The client of the schema registry, and batches that wait for their schemas."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from features.byte_strings import ByteStrings
from features.formats.decode import WireDecoder
from features.formats.errors import SchemaUnusable
from features.schema import TransactionSchema
from settings import RegistrySettings
from stream.registry import known_schemas, protoc
from stream.registry.client import MOST_ANSWER_BYTES, NoSuchSchema, Registered, Registry, RegistryAway
from stream.registry.known_schemas import MOST_NEW, UNKNOWN_S, KnownSchemas
from stream.registry.protoc import MOST_TEXT_BYTES, ProtocFailed
from tests import proto_records
from tests.avro_records import PAYMENT, enveloped

URL = "https://registry.example/base"
NOT_FOUND = httpx.Response(404, json={"error_code": 40403, "message": "Schema not found"})


def ask(
    answer: Callable[[httpx.Request], httpx.Response],
    question: Callable[[Registry], Coroutine[Any, Any, Any]],
    **settings: Any,
) -> Any:
    async def run() -> Any:
        registry = Registry(RegistrySettings(url=URL, **settings), httpx.MockTransport(answer))
        try:
            return await question(registry)
        finally:
            await registry.close()

    return asyncio.run(run())


def test_a_schema_comes_with_those_that_it_refers_to_in_order() -> None:
    answers = {
        "/base/schemas/ids/7": {"schema": "P", "references": [{"name": "b", "subject": "b/x", "version": 2}]},
        "/base/subjects/b%2Fx/versions/2": {
            "schema": "B", "references": [{"name": "a", "subject": "a", "version": 1}],
        },
        "/base/subjects/a/versions/1": {"schema": "A"},
    }  # fmt: skip
    found = ask(
        lambda request: httpx.Response(200, json=answers[request.url.raw_path.decode()]),
        lambda registry: registry.schema(7),
    )
    assert found == Registered("AVRO", "P", {"a": "A", "b": "B"})
    assert list(found.references) == ["a", "b"]


def test_schemas_that_refer_to_each_other_without_end_are_refused() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        level = request.url.path.count("x") + 1
        reference = {"name": f"n{level}", "subject": "x" * level, "version": 1}
        return httpx.Response(200, json={"schema": "", "references": [reference]})

    with pytest.raises(NoSuchSchema, match="more than 100"):
        ask(answer, lambda registry: registry.schema(7))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(500), "status 500"),
        (httpx.Response(401), "status 401; are the credentials"),
        (httpx.Response(404, text="<html>"), "status 404; is registry.url right"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example"}), "status 302"),
        (httpx.Response(200, text="<html>"), "not that of a schema registry"),
        (httpx.Response(200, content=b" " * (MOST_ANSWER_BYTES + 1)), "an answer of more than"),
    ],
)
def test_an_answer_that_cannot_be_used_counts_as_away(answer: httpx.Response, why: str) -> None:
    with pytest.raises(RegistryAway, match=why):
        ask(lambda _: answer, lambda registry: registry.schema(7))


def test_an_unknown_id_is_told_apart_from_a_wrong_address() -> None:
    with pytest.raises(NoSuchSchema, match="is unknown to the registry"):
        ask(lambda _: NOT_FOUND, lambda registry: registry.schema(7))


def test_the_next_address_is_asked_where_one_is_away() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "one":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json=["AVRO"])

    async def run() -> list[str]:
        registry = Registry(RegistrySettings(url="http://one:1,http://two:2/"), httpx.MockTransport(answer))
        return await registry.kinds()

    assert asyncio.run(run()) == ["AVRO"]


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({"user": "me", "password": "hush"}, "Basic bWU6aHVzaA=="),
        ({"token": "abc"}, "Bearer abc"),
    ],
)
def test_credentials_are_sent_and_not_shown(credentials: dict[str, str], header: str) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(401)

    with pytest.raises(RegistryAway) as refused:
        ask(answer, lambda registry: registry.schema(7), **credentials)
    assert seen == [header]
    secret = credentials.get("password") or credentials["token"]
    assert secret not in str(refused.value) + repr(RegistrySettings(url=URL, **credentials))


class Source:
    """Answers from a table; while `away`, raises."""

    def __init__(self, **answers: Registered) -> None:
        self.answers = answers
        self.away = 0
        self.asked: list[int] = []

    async def schema(self, number: int) -> Registered:
        self.asked.append(number)
        if self.away:
            self.away -= 1
            raise RegistryAway("https://registry: ConnectError")
        if f"n{number}" not in self.answers:
            raise NoSuchSchema("is unknown to the registry")
        return self.answers[f"n{number}"]


PAYMENT_SCHEMA = Registered("AVRO", json.dumps(PAYMENT))


class Setup:
    """A decoder, a source that knows schema 5, and a clock that stands still."""

    def __init__(self, **answers: Registered) -> None:
        self.now = 1_000.0
        self.source = Source(n5=PAYMENT_SCHEMA, **answers)
        self.decoder = WireDecoder(TransactionSchema())
        self.known = KnownSchemas(self.source, self.decoder, clock=lambda: self.now)

    def prepare(self, *numbers: int, stop: asyncio.Event | None = None) -> None:
        records = ByteStrings.from_list([enveloped(number, b"") for number in numbers])
        asyncio.run(self.known.prepare(records, stop))


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_schemas, "RETRY_S", 0.0)
    monkeypatch.setattr(known_schemas, "GRACE_S", 0.0)


def test_a_schema_is_asked_for_once() -> None:
    setup = Setup()
    setup.prepare(5, 5, 5)
    setup.prepare(5)
    assert setup.source.asked == [5]


def test_a_batch_waits_while_the_registry_is_away(caplog: pytest.LogCaptureFixture) -> None:
    setup = Setup()
    setup.source.away = 3
    setup.prepare(5)
    assert setup.decoder.schemas.knows(5)
    assert not setup.decoder.schemas.is_refused(5)
    assert sum("is away" in one.message for one in caplog.records) == 1
    assert sum("is back" in one.message for one in caplog.records) == 1


def test_the_wait_ends_when_the_group_rebalances() -> None:
    setup = Setup()
    setup.source.away = 10**9
    stop = asyncio.Event()
    stop.set()
    setup.prepare(5, stop=stop)
    assert not setup.decoder.schemas.knows(5)


def test_an_unknown_schema_is_asked_for_twice_and_again_after_a_while() -> None:
    setup = Setup()
    setup.prepare(6)
    setup.prepare(6)
    assert setup.source.asked == [6, 6]
    setup.now += UNKNOWN_S
    setup.source.answers["n6"] = PAYMENT_SCHEMA
    setup.prepare(6)
    assert not setup.decoder.schemas.is_refused(6)


def test_a_flood_of_unknown_schemas_costs_a_bounded_number_of_questions() -> None:
    setup = Setup()
    setup.prepare(5, 5, *range(100, 1_100))
    assert len(setup.source.asked) <= 2 * MOST_NEW
    assert setup.decoder.schemas.knows(5)
    before = len(setup.source.asked)
    setup.prepare(*range(2_000, 3_000))
    assert len(setup.source.asked) - before == MOST_NEW


@pytest.mark.parametrize(
    ("registered", "why"),
    [
        (Registered("PROTOBUF", 'syntax = "proto3";'), "cannot be used: no message"),
        (
            Registered("PROTOBUF", "message P {\n  int32 a = 0;\n}"),
            "cannot be used: protoc does not accept it, at line 2",
        ),
        (
            Registered("PROTOBUF", "", {"../a.proto": ""}),
            "cannot be used: a reference whose name is no path of a .proto file",
        ),
        (Registered("<script>", ""), "is neither Avro nor Protobuf nor JSON"),
        (Registered("AVRO", "{"), "cannot be used: not JSON"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_the_reason(registered: Registered, why: str) -> None:
    setup = Setup(n8=registered)
    setup.prepare(8)
    assert setup.decoder.schemas.why_refused(8) == f"schema 8 {why}"


def test_records_of_a_json_schema_are_accepted() -> None:
    setup = Setup(n8=Registered("JSON", "{}"))
    setup.prepare(8)
    _, rejects = setup.decoder.decode(ByteStrings.from_list([enveloped(8, b"{}")]), np.zeros(1))
    assert rejects.detail == ("transaction_id",)


def test_records_of_a_protobuf_schema_with_its_imports_are_accepted() -> None:
    imported = {"a/b.proto": 'syntax = "proto3"; message B {}'}
    text = proto_records.PAYMENT.replace("import", 'import "a/b.proto"; import', 1)
    setup = Setup(n8=Registered("PROTOBUF", text, imported))
    setup.prepare(8)
    body = proto_records.ProtoSchema(proto_records.PAYMENT).payment(card_id="c")
    records = ByteStrings.from_list([proto_records.enveloped(8, body)])
    _, rejects = setup.decoder.decode(records, np.zeros(1))
    assert rejects.detail == ("transaction_id",)


def test_a_schema_that_protoc_gives_no_answer_on_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str, references: Mapping[str, str]) -> bytes:
        raise ProtocFailed("took protoc more than 30 s")

    setup = Setup(n8=Registered("PROTOBUF", proto_records.PAYMENT))
    with monkeypatch.context() as patched:
        patched.setattr(known_schemas, "compile_proto", fail)
        setup.prepare(8)
    assert setup.decoder.schemas.why_refused(8) == "schema 8 took protoc more than 30 s"
    setup.now += UNKNOWN_S
    setup.prepare(8)
    assert not setup.decoder.schemas.is_refused(8)


@pytest.mark.parametrize("imported", ["google/protobuf/timestamp.proto", "google/type/money.proto"])
def test_files_that_registries_take_for_granted_are_there(imported: str) -> None:
    text = f'syntax = "proto3"; import public "{imported}"; message P {{}}'
    assert imported.encode() in protoc.compile_proto(text, {})


def test_protoc_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protoc, "PROTOC_S", 0.0)
    with pytest.raises(ProtocFailed, match="took protoc more than 0 s"):
        protoc.compile_proto(proto_records.PAYMENT, {})


@pytest.mark.parametrize(
    ("text", "references", "why"),
    [
        ("x" * MOST_TEXT_BYTES, {"a.proto": "y"}, "more than 4194304 characters"),
        ("", {"/etc/a.proto": ""}, "no path"),
        ("", {"a/../../b.proto": ""}, "no path"),
        ("", {"grpc_tools/protoc.py": ""}, "no path"),
        ("", {"a.proto": "", "a.proto/b.proto": ""}, "do not fit together"),
        ('import "/etc/passwd";', {}, "protoc does not accept it, at line 1"),
        ('import "elsewhere.proto";', {}, "protoc does not accept it"),
        ("message " * 10_000, {}, "protoc does not accept it, at line 1"),
        ("message M {" * 10_000, {}, "protoc does not accept it"),
    ],
)
def test_text_that_protoc_may_not_see_or_does_not_accept(
    text: str, references: dict[str, str], why: str
) -> None:
    with pytest.raises(SchemaUnusable, match=why):
        protoc.compile_proto(text, references)


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"registry\.ca_file: .* cannot be read"):
        Registry(RegistrySettings(url=URL, ca_file=str(tmp_path / "none.pem")))
