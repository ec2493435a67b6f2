"""Two payments of one card see each other in order, and no kill loses, doubles or changes an answer."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any

import msgspec
import pytest

from features.vector import FeatureLayout
from stream.wiring import transaction_schema
from tests.gateway_run import TOKEN, Gateway
from tests.integration.decisions.conftest import Payment
from tests.stream_run import StreamRun

PATH, HASTY = "/v1/decisions?deadline_ms=60000", "/v1/decisions?deadline_ms=2000"
PAIRS, UNDER_LOAD, APART_S = 60, 300, 0.005
IN_ORDER = 0.75  # chance alone gives 0.5
Make = Callable[..., Payment]
Start = Callable[..., Gateway]


def test_the_second_of_two_payments_of_a_card_sees_the_first(
    run: StreamRun, start: Start, payment: Make
) -> None:
    """The second one leaves 5 ms after the first, on another connection, without waiting for its answer.

    The one that the gateway took in later must see the other. On a busy machine a gateway may stand still for
    5 ms and find both at once, so not every pair must arrive in the order in which it was sent.
    """
    gateway = start(FLAGFIVE_DECISIONS__DEADLINE_MS="60000")  # a slow machine is not overload
    gateway.ask(payment(9_999), PATH)
    asked = []
    for pair in range(PAIRS):
        connections = [HTTPConnection("127.0.0.1", gateway.port, timeout=120) for _ in range(2)]
        for connection in connections:
            connection.connect()
        for half, connection in enumerate(connections):
            value = msgspec.json.encode(payment(2 * pair + half, card=f"pair-{pair}"))
            connection.request("POST", PATH, value, {"Authorization": f"Bearer {TOKEN}"})
            time.sleep(APART_S)
        asked += connections
    for connection in asked:
        assert connection.getresponse().status == 200
        connection.close()
    run.wait_for_scores(2 * PAIRS + 1)
    rows = run.scored().to_pylist()
    names = FeatureLayout(transaction_schema(run.settings)).names
    at = names.index("card_log_seconds_since_last")
    since = {row["id"].decode(): row["features"][at] for row in rows}
    offsets = {row["id"].decode(): row["source_offset"] for row in rows}
    in_order = 0
    for pair in range(PAIRS):
        first, second = f"pay-{2 * pair}", f"pay-{2 * pair + 1}"
        in_order += offsets[first] < offsets[second]
        assert since[second] != since[first], "neither payment saw the other"
    assert in_order > PAIRS * IN_ORDER


@pytest.mark.timeout(600)
def test_kills_of_gateway_and_worker_under_load_lose_double_and_change_nothing(
    run: StreamRun, start: Start, payment: Make
) -> None:
    """A caller that gets no answer asks again, with the same payment, at any gateway."""
    gateways = [start(), start()]
    answers: dict[int, Any] = {}
    left = list(range(UNDER_LOAD))
    random.Random(7).shuffle(left)
    lock = threading.Lock()

    def ask(number: int) -> None:
        deadline = time.monotonic() + 200
        while time.monotonic() < deadline:
            try:
                status, answer = random.choice(gateways).ask(payment(number), HASTY)
            except (OSError, HTTPException):
                continue
            if status == 200 and not answer["provisional"]:
                with lock:
                    answers[number] = answer
                return

    def caller() -> None:
        while True:
            with lock:
                if not left:
                    return
                number = left.pop()
            ask(number)

    callers = [threading.Thread(target=caller) for _ in range(8)]
    for one in callers:
        one.start()
    while len(answers) < UNDER_LOAD // 3:
        time.sleep(0.02)
    gateways[0].stop()
    run.workers[0].kill()
    run.start_worker()
    gateways[0] = start()
    for one in callers:
        one.join()
    assert len(answers) == UNDER_LOAD
    scores = run.wait_for_scores(UNDER_LOAD)
    counted = Counter(str(score["transaction_id"]) for score in scores)
    assert counted == Counter(f"pay-{number}" for number in range(UNDER_LOAD))
    for score in scores:
        answer = answers[int(str(score["transaction_id"]).removeprefix("pay-"))]
        assert answer["surprise"] == pytest.approx(score["surprise"], abs=1e-4)
        assert (answer["decision"], answer["control_offset"]) == (score["decision"], score["control_offset"])
