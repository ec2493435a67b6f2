"""The user's path: a payment is sent over HTTP, and the scorer's own result comes back.

1. A worker and a gateway run. 2. A payment gets a decision. 3. Its committed score is the same. 4. The same
payment again gets the same answer, another one under its id a 409. 5. A restarted gateway answers the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from settings import Settings
from tests.gateway_run import Gateway, add_token, start_gateway
from tests.stream_run import StreamRun, stream_run

PATIENT = "/v1/decisions?deadline_ms=30000"


@pytest.fixture
def run(stream_settings: Settings) -> Iterator[StreamRun]:
    add_token(stream_settings)
    with stream_run(stream_settings) as run:
        run.start_worker()
        yield run


@pytest.fixture
def gateway(run: StreamRun) -> Iterator[Gateway]:
    gateway = start_gateway(run.settings)
    try:
        yield gateway
    finally:
        gateway.stop()


def payment(number: int, *, card: str = "card-1", amount: float = 12.5) -> dict[str, Any]:
    return {
        "transaction_id": f"pay-{number}",
        "time": 1_700_000_000_000 + 1_000 * number,
        "amount": amount,
        "currency": "EUR",
        "channel": "ecommerce",
        "card_id": card,
        "merchant_id": f"merchant-{number % 7}",
    }


def test_a_payment_gets_the_score_that_is_committed_and_a_repeat_the_same(
    run: StreamRun, gateway: Gateway
) -> None:
    status, answer = gateway.ask(payment(1), PATIENT)
    assert (status, answer["fallback"]) == (200, "")
    (score,) = run.wait_for_scores(1)
    assert (answer["id"], answer["decision"]) == ("pay-1", score["decision"])
    assert answer["surprise"] == pytest.approx(score["surprise"], abs=1e-4)
    assert (answer["scorer"], answer["control_offset"]) == (score["scorer"], score["control_offset"])
    _, again = gateway.ask(payment(1), PATIENT + "&durable=true")
    assert again == {**answer, "provisional": False}
    status, refused = gateway.ask(payment(1, amount=13.0), PATIENT)
    assert (status, refused["detail"]["where"]) == (409, "transaction id")
    assert len(run.scores()) == 1
