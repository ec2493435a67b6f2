"""Adversarial pairs: two payments of one card, 5 ms apart. The later one in the log must see the other.

That is the second, unless the gateway reads the second connection first, which it may on a busy machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from benchmarks.decisions.caller import Caller, Outcome
from benchmarks.decisions.committed import CommittedScores
from benchmarks.decisions.measure import PATIENT
from benchmarks.decisions.system import TOKEN, System

APART_S = 0.005
_CHUNK = 20_000
"""Pairs that are sent before their scores are read."""
_UNDER_WAY = 1_000
"""Pairs that wait for their answers at a time."""
_MANY = "/v1/decisions/batch?deadline_ms=60000"


def pairs(
    system: System, port: int, count: int, rate: float, together: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Send two payments of `count` new cards each, and compare their committed scores.

    Args:
        system: with a gateway on `port`.
        port: of the gateway.
        count: pairs to send.
        rate: payments a second where each is a request.
        together: pairs of a request. Above one, the first payments of as many cards are one request, and
            their second ones are another.
        say: takes a line of progress.

    Returns:
        The numbers of `pairs` that were scored; of those `refused`; of `stale_reads`, pairs of which neither
        saw the other; and of `overtaken` pairs, of which the second was read first.
    """
    found = {"pairs": 0, "refused": 0, "stale_reads": 0, "overtaken": 0}
    for begin in range(0, count, _CHUNK):
        numbers = range(begin, min(begin + _CHUNK, count))
        for name, value in _chunk(system, port, numbers, rate, together).items():
            found[name] += value
        say(f"pairs: {numbers.stop:,} of {count:,}, {found}")
    return found | {"together": together}


def _chunk(system: System, port: int, numbers: range, rate: float, together: int) -> dict[str, int]:
    scores = CommittedScores(system)
    taken = asyncio.run(_send(port, numbers, rate, together))
    found = scores.of({name for number in taken for name in _names(number)})
    scores.close()
    seen = [tuple(found[name]["seen"] for name in _names(number)) for number in taken]
    return {
        "pairs": len(taken),
        "refused": len(numbers) - len(taken),
        "stale_reads": sum(not first and not second for first, second in seen),
        "overtaken": sum(first > 0 for first, _ in seen),
    }


async def _send(port: int, numbers: range, rate: float, together: int) -> list[int]:
    """Return the pairs of which both payments got a score; beyond capacity the gateway refuses."""
    caller = Caller(port, TOKEN, PATIENT if together == 1 else _MANY)
    groups = [numbers[begin : begin + together] for begin in range(0, len(numbers), together)]
    room, tasks = asyncio.Semaphore(max(1, _UNDER_WAY // together)), list[asyncio.Task[list[int]]]()
    for group in groups:
        await room.acquire()
        tasks.append(asyncio.create_task(_send_group(caller, group, together)))
        tasks[-1].add_done_callback(lambda _: room.release())
        await asyncio.sleep(2 / rate if together == 1 else APART_S)
    taken = [number for found in await asyncio.gather(*tasks) for number in found]
    caller.close()
    return taken


async def _send_group(caller: Caller, numbers: Sequence[int], together: int) -> list[int]:
    """Send the pairs of two requests.

    Both connections are open before the first request leaves, so that it also arrives first.
    """
    one, other = await caller.connection(), await caller.connection()
    first = asyncio.create_task(caller.ask(_body(numbers, 0, together), time.perf_counter(), one))
    await asyncio.sleep(APART_S)
    second = await caller.ask(_body(numbers, 1, together), time.perf_counter(), other)
    answers = (_scored(outcome, len(numbers)) for outcome in (await first, second))
    return [number for number, early, late in zip(numbers, *answers, strict=True) if early and late]


def _scored(outcome: Outcome, count: int) -> list[bool]:
    """Return which of the `count` payments of a request got a score."""
    if outcome.status != 200:
        return [False] * count
    if "results" not in outcome.answer:
        return [not outcome.answer["fallback"]]
    return [one["status"] == 200 and not one["decision"]["fallback"] for one in outcome.answer["results"]]


def _names(number: int) -> tuple[str, str]:
    return f"pair-{number}-0", f"pair-{number}-1"


def _body(numbers: Sequence[int], half: int, together: int) -> bytes:
    payments = [_payment(number, half) for number in numbers]
    return msgspec.json.encode(payments[0] if together == 1 else payments)


def _payment(number: int, half: int) -> dict[str, Any]:
    return {
        "transaction_id": _names(number)[half], "time": 1_700_000_000_000 + 2 * number + half,
        "amount": 12.5, "currency": "EUR", "category": "5411", "channel": "ecom",
        "card_id": f"pair-card-{number}", "merchant_id": f"m{(2 * number + half) % 2000}",
    }  # fmt: skip
