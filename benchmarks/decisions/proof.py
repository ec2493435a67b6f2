"""Adversarial pairs of one card, and kills under load: compares every answer with the committed scores."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from benchmarks.decisions.caller import Caller, Outcome
from benchmarks.decisions.measure import PATIENT, bodies_of
from benchmarks.decisions.system import TOKEN, System
from benchmarks.stream.latency import ScoresMissing
from contracts.broker import kafka_python_options
from contracts.stage_batch import features_matrix, from_message
from features.vector import FeatureLayout
from stream.wiring import transaction_schema

APART_S = 0.005
SEEN = "card_log_count_1h"
_ID, _HASTY = "transaction_id", "/v1/decisions?deadline_ms=2000"


def pairs(system: System, port: int, count: int, rate: float) -> dict[str, Any]:
    """Send two payments of `count` new cards each, 5 ms apart; count second ones that miss the first."""
    bodies = [_payment(number) for number in range(2 * count)]
    taken = asyncio.run(_send_pairs(port, bodies, rate))
    whole = [one for one in range(count) if taken[2 * one] and taken[2 * one + 1]]
    scores = committed(system, {f"pair-{2 * one + half}" for one in whole for half in (0, 1)})
    stale = sum(not scores[f"pair-{2 * one + 1}"]["seen"] > 0 for one in whole)
    early = sum(scores[f"pair-{2 * one}"]["seen"] != 0 for one in whole)
    refused = count - len(whole)
    return {"pairs": len(whole), "refused": refused, "stale_reads": stale, "first_saw_second": early}


def kills(system: System, ports: Sequence[int], count: int, rate: float) -> dict[str, Any]:
    """Kill a gateway, then the worker, while payments flow; a caller without an answer asks again."""
    bodies = bodies_of(system, count, seed=24)
    answers = asyncio.run(_under_kills(system, ports, bodies, rate))
    scores = committed(system, set(answers))
    return {
        "payments": count,
        "lost": count - len(answers),
        "doubled": sum(one["times"] - 1 for one in scores.values()),
        "different": sum(_differs(answer, scores[name]) for name, answer in answers.items()),
    }


def committed(system: System, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Return the committed scores of some ids, once all are there.

    Raises:
        ScoresMissing: some are not there after two minutes.
    """
    names = FeatureLayout(transaction_schema(system.settings)).names
    consumer = KafkaConsumer(
        **kafka_python_options(system.settings.broker),
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_partition_fetch_bytes=1 << 24,
    )
    topics = system.settings.topics
    partitions = [TopicPartition(topics.scored, number) for number in range(topics.partitions)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    found: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + 120
    while len(found) < len(wanted):
        if time.monotonic() > deadline:
            raise ScoresMissing(f"{len(wanted) - len(found)} of {len(wanted)} have no committed score")
        for polled in consumer.poll(timeout_ms=500).values():
            for record in polled:
                _add(found, record.value, names.index(SEEN), wanted)
    consumer.close()
    return found


def _add(found: dict[str, dict[str, Any]], message: bytes, seen: int, wanted: set[str]) -> None:
    rows = from_message(message)
    counts = features_matrix(rows.column("features"))[:, seen]
    columns = (rows.column(name).to_pylist() for name in ("id", "surprise", "decision", "control_offset"))
    for (identity, surprise, decision, control_offset), count in zip(
        zip(*columns, strict=True), counts, strict=True
    ):
        name = identity.decode()
        if name in wanted:
            before = found.get(name, {"times": 0})
            found[name] = {
                "surprise": surprise, "decision": decision, "control_offset": control_offset,
                "seen": float(count), "times": before["times"] + 1,
            }  # fmt: skip


def _differs(answer: dict[str, Any], score: dict[str, Any]) -> bool:
    names = ("approve", "review", "decline")
    found = (answer["surprise"], names.index(answer["decision"]), answer["control_offset"])
    return found != (score["surprise"], score["decision"], score["control_offset"])


async def _send_pairs(port: int, bodies: Sequence[bytes], rate: float) -> list[bool]:
    """Return which payments got a score; beyond capacity the gateway refuses.

    The two connections of a pair are open before the first payment leaves, so that it also arrives first.
    """
    caller, tasks = Caller(port, TOKEN, PATIENT), list[asyncio.Task[Outcome]]()
    for first in range(0, len(bodies), 2):
        one, other = await caller.connection(), await caller.connection()
        tasks.append(asyncio.create_task(caller.ask(bodies[first], time.perf_counter(), one)))
        await asyncio.sleep(APART_S)
        tasks.append(asyncio.create_task(caller.ask(bodies[first + 1], time.perf_counter(), other)))
        await asyncio.sleep(max(0.0, 2 / rate - APART_S))
    outcomes = await asyncio.gather(*tasks)
    caller.close()
    return [one.status == 200 and not one.answer["fallback"] for one in outcomes]


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


def _payment(number: int) -> bytes:
    return msgspec.json.encode(
        {
            _ID: f"pair-{number}", "time": 1_700_000_000_000 + number, "amount": 12.5, "currency": "EUR",
            "category": "5411", "channel": "ecom", "card_id": f"pair-card-{number // 2}",
            "merchant_id": f"m{number % 2000}",
        }
    )  # fmt: skip
