"""Kills under load: compares every answer with the committed scores."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.decisions.caller import Caller
from benchmarks.decisions.committed import CommittedScores
from benchmarks.decisions.measure import bodies_of
from benchmarks.decisions.system import TOKEN, System

_HASTY = "/v1/decisions?deadline_ms=2000"


def kills(system: System, ports: Sequence[int], count: int, rate: float) -> dict[str, Any]:
    """Kill a gateway, then the worker, while payments flow; a caller without an answer asks again."""
    bodies = bodies_of(system, count, seed=50)
    reader = CommittedScores(system)
    answers = asyncio.run(_under_kills(system, ports, bodies, rate))
    scores = reader.of(set(answers))
    reader.close()
    return {
        "payments": count,
        "lost": count - len(answers),
        "doubled": sum(one["times"] - 1 for one in scores.values()),
        "different": sum(_differs(answer, scores[name]) for name, answer in answers.items()),
    }


def _differs(answer: dict[str, Any], score: dict[str, Any]) -> bool:
    names = ("approve", "review", "decline")
    found = (answer["surprise"], names.index(answer["decision"]), answer["control_offset"])
    return found != (score["surprise"], score["decision"], score["control_offset"])


async def _under_kills(
    system: System, ports: Sequence[int], bodies: Sequence[bytes], rate: float
) -> dict[str, dict[str, Any]]:
    callers = [Caller(port, TOKEN, _HASTY) for port in ports]
    tasks, acts = list[asyncio.Task[Any]](), _acts(system, ports, len(bodies))
    for number, body in enumerate(bodies):
        if number in acts:
            tasks.append(asyncio.create_task(asyncio.to_thread(acts[number])))
        tasks.append(asyncio.create_task(_until_answered(callers, body, number)))
        await asyncio.sleep(1 / rate)
    found = [one for one in await asyncio.gather(*tasks) if one is not None]
    return {answer["id"]: answer for answer in found}


def _acts(system: System, ports: Sequence[int], count: int) -> dict[int, Callable[[], None]]:
    """Return what happens at which payment."""

    def gateway() -> None:
        system.kill("gateway-0")
        system.start_gateway("gateway-0", ports[0])

    def worker() -> None:
        system.kill("worker")
        system.start_worker()

    return {count // 4: gateway, count // 2: worker}


async def _until_answered(callers: Sequence[Caller], body: bytes, number: int) -> dict[str, Any] | None:
    """Ask one gateway after the other until there is a durable score, for two minutes at most."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        outcome = await callers[number % len(callers)].ask(body, time.perf_counter())
        if outcome.status == 200 and not outcome.answer["provisional"]:
            answer: dict[str, Any] = outcome.answer
            return answer
        number += 1
        await asyncio.sleep(0.05)
    return None
