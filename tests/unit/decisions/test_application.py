"""The HTTP side: statuses, limits, batches, and a description that holds for every request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import hypothesis
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck
from jsonschema import Draft202012Validator

from contracts.decision import Decision
from decisions.answer import Cause, Policy
from decisions.errors import Invalid, NotSignedIn
from decisions.http.application import BATCH, ONE, Application
from decisions.http.asking import id_reader
from decisions.http.openapi import document
from decisions.intake import Intake
from decisions.waiting import Waiter
from settings import DecisionsSettings

POLICY = Policy(Decision.REVIEW)


class IntakeThatAnswers:
    """Answers each transaction at once: one that is no JSON object with a refusal, others with a fallback."""

    def __init__(self) -> None:
        self.full = False
        self.waiters: list[Waiter] = []

    def submit(self, bodies: Sequence[bytes], waiters: Sequence[Waiter]) -> bool:
        if self.full:
            return False
        self.waiters += waiters
        read = id_reader("transaction_id")
        for body, waiter in zip(bodies, waiters, strict=True):
            wrong = Invalid("the transaction is not JSON", where="transaction")
            known = body.startswith(b"{")
            waiter.done(POLICY.stand_in(read(body), Cause.DEADLINE) if known else wrong)
        return True


class Owner:
    """Lets one token pass."""

    async def check(self, authorization: str) -> None:
        if authorization != "Bearer good":
            raise NotSignedIn("a token is needed", where="header Authorization")


class Client:
    """Calls an application without a server."""

    def __init__(self, **settings: Any) -> None:
        self.intake = IntakeThatAnswers()
        own = DecisionsSettings(**settings)
        loop = asyncio.new_event_loop()
        loop.close()
        self.application = Application(
            cast(Intake, self.intake), POLICY, Owner(), own, loop, id_reader("transaction_id")
        )

    def call(
        self,
        method: str,
        address: str,
        body: bytes | Sequence[bytes] = b"",
        *,
        token: str = "good",
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> tuple[int, Any, dict[bytes, bytes]]:
        """Return status, JSON and headers of one request; a list of bodies arrives in parts."""
        parts = [body] if isinstance(body, bytes) else list(body)
        messages = [
            {"type": "http.request", "body": part, "more_body": at + 1 < len(parts)}
            for at, part in enumerate(parts)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        place = urlsplit(address)
        scope = {
            "type": "http", "method": method, "path": place.path, "query_string": place.query.encode(),
            "headers": [(b"authorization", f"Bearer {token}".encode()), *headers],
        }  # fmt: skip
        asyncio.run(self.application(scope, receive, send))
        return sent[0]["status"], msgspec.json.decode(sent[1]["body"]), dict(sent[0]["headers"])


@pytest.fixture
def client() -> Client:
    return Client()


def test_one_transaction_gets_one_answer(client: Client) -> None:
    status, answer, headers = client.call("POST", ONE, b'{"transaction_id": "t1"}')
    assert (status, answer["id"], answer["decision"], answer["fallback"]) == (200, "t1", "review", "deadline")
    assert headers[b"content-type"] == b"application/json"


def test_the_deadline_is_the_callers_or_that_of_the_settings(client: Client) -> None:
    before = client.application._timers.time()
    client.call("POST", ONE, b"{}")
    client.call("POST", f"{ONE}?deadline_ms=900&durable=false", b"{}")
    first, second = client.intake.waiters
    after = client.application._timers.time()
    assert before + 0.1 <= first.deadline <= after + 0.1
    assert second.deadline - first.deadline > 0.7
    assert (first.durable, second.durable) == (True, False)


def test_a_batch_answers_each_transaction_in_its_place(client: Client) -> None:
    status, answer, _ = client.call("POST", BATCH, b'[{"transaction_id": "a"}, 5, {"transaction_id": 7}]')
    assert status == 200
    assert [one["status"] for one in answer["results"]] == [200, 422, 200]
    assert [one["decision"]["id"] for one in answer["results"] if one["status"] == 200] == ["a", "7"]
    assert answer["results"][1]["detail"]["where"] == "transaction"


@pytest.mark.parametrize(
    ("method", "address", "body", "status", "where"),
    [
        ("GET", ONE, b"", 405, "method"),
        ("POST", "/v1/decision", b"", 404, "path"),
        ("POST", f"{ONE}?deadline_ms=0", b"{}", 422, "deadline_ms"),
        ("POST", f"{ONE}?deadline_ms=nan", b"{}", 422, "deadline_ms"),
        ("POST", f"{ONE}?durable=yes", b"{}", 422, "durable"),
        ("POST", f"{ONE}?deadline=5", b"{}", 422, "query"),
        ("POST", f"{ONE}?durable=true&durable=true", b"{}", 422, "query"),
        ("POST", ONE, b"[]", 422, "transaction"),
        ("POST", BATCH, b"{}", 422, "body"),
        ("POST", BATCH, b"[]", 422, "body"),
        ("POST", BATCH, b"[{}" + b",{}" * 1_000 + b"]", 413, "body"),
        ("POST", ONE, b"x" * (2 << 20) + b"y", 413, "body"),
        ("POST", ONE, [b"x" * (1 << 20), b"x" * (1 << 20), b"y"], 413, "body"),
    ],
)
def test_a_wrong_request_is_told_what_where_and_what_is_allowed(
    client: Client, method: str, address: str, body: bytes, status: int, where: str
) -> None:
    found, answer, _ = client.call(method, address, body)
    assert (found, answer["detail"]["where"]) == (status, where)
    assert set(answer["detail"]) == {"what", "where", "allowed"}


def test_nothing_is_answered_without_a_token_but_the_description(client: Client) -> None:
    assert client.call("POST", ONE, b"{}", token="wrong")[0] == 401
    assert client.call("POST", BATCH, b"[{}]", token="wrong")[0] == 401
    assert client.call("GET", "/v1/openapi.json", token="wrong")[0] == 200
    assert client.intake.waiters == []


def test_beyond_capacity_the_answer_is_429_with_a_time_or_the_fallback() -> None:
    client = Client()
    client.intake.full = True
    status, _, headers = client.call("POST", ONE, b"{}")
    assert (status, headers[b"retry-after"]) == (429, b"1")
    lenient = Client(overload="fallback")
    lenient.intake.full = True
    status, answer, _ = lenient.call("POST", ONE, b'{"transaction_id": "t9"}')
    assert (status, answer["id"], answer["fallback"]) == (200, "t9", "overload")


schema = schemathesis.openapi.from_dict(document(DecisionsSettings()))
some = hypothesis.settings(
    max_examples=25, derandomize=True, suppress_health_check=[*HealthCheck], database=None
)


@schema.parametrize()
@some
def test_every_answer_is_one_that_the_description_names(case: schemathesis.Case[Any]) -> None:
    request = case.as_transport_kwargs(base_url="http://gateway")
    body = msgspec.json.encode(request["json"]) if "json" in request else request.get("data") or b""
    query = urlencode(request.get("params") or {}, doseq=True)
    address = f"{urlsplit(request['url']).path}?{query}"
    status, answer, _ = Client().call(request["method"], address, body if isinstance(body, bytes) else b"")
    described = case.operation.definition.raw["responses"]
    assert str(status) in described
    name = "Error" if status != 200 else "Answer" if case.operation.path == ONE else "Results"
    components = document(DecisionsSettings())["components"]
    Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components}).validate(answer)
