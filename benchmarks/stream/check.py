"""Checks a row's scores: their number, and their equality with a plain computation."""

import asyncio
from collections.abc import Mapping

import msgspec
import numpy as np
from aiokafka import TopicPartition

from benchmarks.stream.setup import PARTITIONS
from benchmarks.stream.task import Network, Sums
from benchmarks.stream.topic import ID_DIGITS, Traffic, records
from features.byte_strings import ByteStrings
from features.schema import TransactionSchema
from stream.transport.fetcher import BatchConsumer

ID_AT = len('{"transaction_id":"t')  # the id comes first in every row's JSON
_COMPARED = 10_000  # first transactions of the topic
_TOLERANCE = 2e-4  # allows for float32 sums in another order, and six decimals


class WrongScores(Exception):
    """A row's output does not match the task."""


def reference(traffic: Traffic, schema: TransactionSchema, network: Network) -> dict[int, float]:
    """Return scores of the first transactions by number, computed one by one in plain Python."""
    cards: dict[str, Sums] = {}
    inputs = []
    _, values = next(records(traffic, schema))
    for value in values.take(slice(0, _COMPARED)).to_list():
        one = msgspec.json.decode(value or b"")
        inputs.append(cards.setdefault(one["card_id"], Sums()).take(one["amount"], one["time"] / 1000))
    return dict(enumerate(network.score(np.array(inputs, np.float32)).tolist()))


def committed_values(broker: str, topic: str) -> list[ByteStrings]:
    """Yield the values of all committed records in a topic, batch by batch."""
    return asyncio.run(_read(broker, topic))


async def _read(broker: str, topic: str) -> list[ByteStrings]:
    consumer = BatchConsumer(
        bootstrap_servers=broker,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=4 << 20,
        group_id=None,
    )
    await consumer.start()
    try:
        assigned = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(assigned)
        ends = await consumer.end_offsets(assigned)
        found: list[ByteStrings] = []
        position = dict.fromkeys(assigned, 0)
        while any(position[p] < ends[p] for p in assigned):
            for partition, batches in (await consumer.getmany(timeout_ms=500)).items():
                found += [fetched.values for fetched in batches if len(fetched)]
                position[partition] = batches[-1].next_offset
        return found
    finally:
        await consumer.stop()


def numbers_in(values: ByteStrings) -> np.ndarray:
    """Return the transactions' numbers, read from the digits of their ids."""
    digits = values.buffer[values.start[:, None] + ID_AT + np.arange(ID_DIGITS)]
    number: np.ndarray = (digits - ord("0")).astype(np.int64) @ 10 ** np.arange(ID_DIGITS - 1, -1, -1)
    return number


def check_count(batches: list[ByteStrings], expected: int) -> None:
    """Raise WrongScores unless each of `expected` transactions has exactly one score."""
    numbers = np.concatenate([numbers_in(values) for values in batches] or [np.empty(0, np.int64)])
    different = len(np.unique(numbers))
    if len(numbers) != expected or different != expected:
        raise WrongScores(f"{len(numbers)} scores of {different} transactions, expected {expected} of each")


def check_scores(batches: list[ByteStrings], expected: Mapping[int, float]) -> int:
    """Raise WrongScores if a score differs; return the number of scores compared."""
    compared = 0
    for values in batches:
        numbers = numbers_in(values)
        rows = np.flatnonzero(numbers < len(expected))
        for number, value in zip(numbers[rows].tolist(), values.take(rows).to_list(), strict=True):
            score = msgspec.json.decode(value or b"")["score"]
            if not abs(score - expected[number]) < _TOLERANCE:
                raise WrongScores(f"transaction {number}: {score}, expected {expected[number]}")
            compared += 1
    if not compared:
        raise WrongScores("no score could be compared")
    return compared
