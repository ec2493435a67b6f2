"""Latency of decisions at a rate, and what happens at twice the rate."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.decisions.caller import Caller, Outcome, open_loop
from benchmarks.decisions.system import TOKEN, System
from benchmarks.stream.topic import Traffic, records
from stream.wiring import transaction_schema

WARM_UP_S = 2.0
PATIENT = "/v1/decisions?deadline_ms=60000"


def bodies_of(system: System, count: int, seed: int) -> list[bytes]:
    """Return the JSON of `count` transactions; another seed gives other ids."""
    schema = transaction_schema(system.settings)
    parts = (values.to_list() for _, values in records(Traffic(count, seed=seed), schema))
    return [one for part in parts for one in part if one is not None]


def warm_up(system: System, port: int) -> None:
    """Ask until the worker has scored a few transactions."""
    asyncio.run(_call(port, PATIENT, bodies_of(system, 20, seed=51), 20.0))


def at_rate(
    system: System, port: int, rate: int, seconds: float, *, durable: bool, seed: int
) -> dict[str, Any]:
    """Measure one rate; the first seconds warm up and do not count."""
    path = f"/v1/decisions?deadline_ms=2000&durable={str(durable).lower()}"
    bodies = bodies_of(system, int(rate * (seconds + WARM_UP_S)), seed)
    outcomes = asyncio.run(_call(port, path, bodies, rate))[int(rate * WARM_UP_S) :]
    return told(outcomes) | {"rate": rate, "durable": durable}


def told(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return shares of statuses and kinds, and quantiles of the answered requests in ms."""
    answered = [one for one in outcomes if one.status == 200]
    waited = [1000 * one.seconds for one in answered] or [float("nan")]
    count = max(len(answered), 1)
    return {
        "requests": len(outcomes),
        "statuses": dict(Counter(str(one.status) for one in outcomes)),
        "fallback_share": sum(bool(one.answer["fallback"]) for one in answered) / count,
        "provisional_share": sum(one.answer["provisional"] for one in answered) / count,
        **{f"p{share}_ms": float(np.percentile(waited, share)) for share in (50, 95, 99)},
    }


async def _call(port: int, path: str, bodies: Sequence[bytes], rate: float) -> list[Outcome]:
    caller = Caller(port, TOKEN, path)
    try:
        return await open_loop(caller, bodies, rate)
    finally:
        caller.close()
