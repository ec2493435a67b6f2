"""Latency from produce to committed score at a steady rate, compared with the broker's own latency.

A sender passes transactions to the broker every five milliseconds, the default linger of Kafka's own producer
(KIP-1030). The latency of a transaction starts when it is due, so the figures include waiting in the sender
(no «coordinated omission»). A reader of committed records notes when each score becomes readable. For the
floor, it notes when each transaction itself becomes readable.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from aiokafka import TopicPartition

from benchmarks.stream import models
from benchmarks.stream.check import numbers_in
from benchmarks.stream.costs import Costs, Meter
from benchmarks.stream.measure import child
from benchmarks.stream.rows import DETECTORS
from benchmarks.stream.setup import environment_of, fresh_settings, topics_of
from benchmarks.stream.topic import Traffic, records
from contracts.broker import Broker, aiokafka_options
from features.byte_strings import ByteStrings
from flagfive.own_broker import free_port
from settings import MetricsSettings, Settings
from stream.feed.feed import Feed
from stream.transport.fetcher import BatchConsumer
from stream.wiring import transaction_schema

RATES = (3_000, 10_000)
_SLICE_S = 0.005
_WARM_UP_S = 3.0  # kernels load, fetches become steady; not counted
_PATIENCE_S = 120.0
_FIRST = 200  # transactions whose scores show that a worker is up
_SHARES = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99}


class ScoresMissing(Exception):
    """Some transactions have no score after the time limit."""


class Reader:
    """Notes when each transaction's number first appears in a topic."""

    def __init__(self, broker: Broker, topic: str, partitions: int, count: int) -> None:
        self.seen_at = np.full(count, np.nan)
        self.missing = count
        self._assigned = [TopicPartition(topic, number) for number in range(partitions)]
        self._consumer = BatchConsumer(
            **aiokafka_options(broker),
            group_id=None,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )

    async def start(self) -> None:
        await self._consumer.start()
        self._consumer.assign(self._assigned)
        await self._consumer.seek_to_end(*self._assigned)

    async def run(self) -> None:
        """Read until all numbers have appeared."""
        while self.missing:
            fetched = await self._consumer.getmany(timeout_ms=100)
            now = time.perf_counter()
            for batch in (batch for batches in fetched.values() for batch in batches if len(batch)):
                numbers = numbers_in(batch.values)
                new = numbers[np.isnan(self.seen_at[numbers])]
                self.seen_at[new] = now
                self.missing -= len(new)

    async def stop(self) -> None:
        await self._consumer.stop()


async def send(settings: Settings, rate: float, keys: ByteStrings, values: ByteStrings) -> np.ndarray:
    """Send all at `rate` per second; return when each was due, float64 (n,), in seconds of `perf_counter`."""
    sent, began = 0, time.perf_counter()
    async with Feed(settings.broker, settings.topics.transactions) as feed:
        while sent < len(values):
            due = min(int((time.perf_counter() - began) * rate), len(values))
            if due > sent:
                part = slice(sent, due)
                await feed.send(keys.take(part), values.take(part))
                sent = due
            await asyncio.sleep(_SLICE_S)
    return began + np.arange(1, len(values) + 1) / rate


async def steady(settings: Settings, topic: str, rate: int, seconds: float) -> np.ndarray:
    """Return ms from produce until readable in `topic`, for each transaction after the warm-up."""
    waited = await _flow(settings, topic, rate, int(rate * (seconds + _WARM_UP_S)), seed=2)
    return waited[int(rate * _WARM_UP_S) :]


async def _flow(settings: Settings, topic: str, rate: float, count: int, *, seed: int) -> np.ndarray:
    """Return the latency in ms of each of `count` transactions, sent at `rate` per second."""
    parts = list(records(Traffic(count, seed=seed), transaction_schema(settings)))
    keys, values = _joined([k for k, _ in parts]), _joined([v for _, v in parts])
    reader = Reader(settings.broker, topic, settings.topics.partitions, count)
    await reader.start()
    reading = asyncio.create_task(reader.run())
    try:
        sent_at = await send(settings, rate, keys, values)
        await asyncio.wait_for(reading, _PATIENCE_S)
    except TimeoutError:
        raise ScoresMissing(f"{reader.missing} of {count} were not seen within {_PATIENCE_S:g} s") from None
    finally:
        reading.cancel()
        await reader.stop()
    return np.asarray((reader.seen_at - sent_at) * 1000)


def measure(
    broker: str, folder: Path, rates: Sequence[int], seconds: float, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Measure the floor, then the whole pipeline with both guarantees, at each rate."""
    found = []
    for rate in rates:
        floor = fresh_settings(broker, folder, "at_least_once")
        with topics_of(floor):
            found.append(told("broker_floor", rate, asyncio.run(
                steady(floor, floor.topics.transactions, rate, seconds))))  # fmt: skip
        for delivery in ("at_least_once", "exactly_once"):
            waited, costs = pipeline(fresh_settings(broker, folder, delivery), folder, rate, seconds)
            found.append({**told(f"flagfive_{delivery}", rate, waited), "costs": costs.as_json()})
            say(f"latency at {rate:,}/s, {delivery}: p99 {found[-1]['p99_ms']:.1f} ms")
    return found


def pipeline(settings: Settings, folder: Path, rate: int, seconds: float) -> tuple[np.ndarray, Costs]:
    """Return the ms of each transaction through the whole pipeline at a steady rate, and the costs."""
    settings = settings.model_copy(update={"metrics": MetricsSettings(worker_port=free_port())})
    command = [sys.executable, "-P", "-m", "benchmarks.stream.counted", "worker"]
    with topics_of(settings):
        models.announce(settings, DETECTORS)
        with child(command, environment_of(settings), folder / "latency.log") as worker:
            return asyncio.run(_after_a_first_score(settings, rate, seconds, worker.watched.pid))


async def _after_a_first_score(
    settings: Settings, rate: int, seconds: float, worker: int
) -> tuple[np.ndarray, Costs]:
    """Start the steady flow once the worker has scored a few transactions."""
    await _flow(settings, settings.topics.scores, _FIRST, _FIRST, seed=3)
    with Meter(settings.broker.bootstrap, worker, settings.metrics.worker_port).measure() as costs:
        waited = await steady(settings, settings.topics.scores, rate, seconds)
    return waited, costs


def told(name: str, rate: int, waited: np.ndarray) -> dict[str, Any]:
    """Return a row of the report: the name, and the quantiles of the latencies."""
    shares = {key: float(np.percentile(waited, share)) for key, share in _SHARES.items()}
    return {"name": name, "rate": rate, "transactions": len(waited), **shares}


def _joined(parts: Sequence[ByteStrings]) -> ByteStrings:
    arrays = [part.to_arrow() for part in parts]
    return ByteStrings.from_arrow(pa.concat_arrays(arrays))
