"""A worker with a base in force, gateways beside it, and payments for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from features.vector import FeatureLayout
from meta.normaliser import Normaliser
from settings import Settings
from stream.wiring import transaction_schema
from tests.gateway_run import Gateway, add_token, start_gateway
from tests.small_models import base_change, genuine_rows, small_base
from tests.stream_run import StreamRun, stream_run

THRESHOLD = 0.1
"""Surprise over which a payment is for review; a random base gives most payments more."""
Payment = dict[str, Any]


@pytest.fixture
def run(stream_settings: Settings) -> Iterator[StreamRun]:
    add_token(stream_settings)
    with stream_run(stream_settings) as run:
        names = FeatureLayout(transaction_schema(stream_settings)).names
        base = replace(
            small_base(names=names),
            # Real features have medians of 0 or more, which alerts put in words.
            normaliser=Normaliser.fit(np.abs(genuine_rows(2_000, width=len(names)))),
        )
        run.announce(base_change(base, threshold=THRESHOLD))
        run.start_worker()
        yield run


@pytest.fixture
def start(run: StreamRun) -> Iterator[Callable[..., Gateway]]:
    """Return a function that starts a gateway, with environment variables."""
    started: list[Gateway] = []

    def begin(**variables: str) -> Gateway:
        started.append(start_gateway(run.settings, len(started), **variables))
        return started[-1]

    yield begin
    for gateway in started:
        gateway.stop()


@pytest.fixture
def payment() -> Callable[..., Payment]:
    """Return a function that makes the payment of a number."""

    def make(number: int, *, card: str | None = None, amount: float | None = None) -> Payment:
        return {
            "transaction_id": f"pay-{number}",
            "time": 1_700_000_000_000 + 1_000 * number,
            "amount": 12.5 + number if amount is None else amount,
            "currency": "EUR",
            "channel": "ecommerce",
            "card_id": card or f"card-{number % 5}",
            "merchant_id": f"merchant-{number % 7}",
        }

    return make
