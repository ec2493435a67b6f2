"""The topic that all rows read: transactions of 8 JSON fields, with evenly distributed cards."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_letters

import numpy as np
import pyarrow as pa

from contracts.broker import Broker
from features.byte_strings import ByteStrings
from features.schema import TransactionSchema
from stream.feed.feed import Feed
from stream.feed.rows import RowEncoder

START_MS = 1_700_000_000_000
STEP_MS = 60  # event time between transactions: a card of 50,000 pays every 50 minutes
MERCHANTS = 2_000
ID_DIGITS = 9
_CHUNK = 50_000
_CATEGORIES = np.array(["5411", "5812", "5541", "4111", "5732", "5999"])
_CHANNELS = np.array(["ecom", "pos", "atm"])


@dataclass(frozen=True)
class Traffic:
    """`count` transactions of `cards` cards; the same each time for the same seed, 0 to 51.

    Ids of another seed differ: a worker takes a known id for a repeat.
    """

    count: int
    cards: int = 50_000
    seed: int = 1

    def chunks(self) -> Iterator[dict[str, pa.Array]]:
        """Yield columns by JSON field, 50,000 rows at a time."""
        random = np.random.default_rng(self.seed)
        for first in range(0, self.count, _CHUNK):
            yield self._chunk(first, min(_CHUNK, self.count - first), random)

    def _chunk(self, first: int, rows: int, random: np.random.Generator) -> dict[str, pa.Array]:
        number = np.arange(first, first + rows)
        times = START_MS + STEP_MS * number
        amounts = np.round(np.exp(random.normal(3.0, 1.0, rows)), 2)
        return {
            "transaction_id": _names(ascii_letters[self.seed], number, ID_DIGITS),
            "card_id": _names("c", random.integers(0, self.cards, rows), 7),
            "merchant_id": _names("m", random.integers(0, MERCHANTS, rows), 4),
            "amount": pa.array(amounts),
            "time": pa.array(times, pa.timestamp("ms")),
            "currency": pa.array(np.full(rows, "EUR")),
            "channel": pa.array(_CHANNELS[random.integers(0, len(_CHANNELS), rows)]),
            "category": pa.array(_CATEGORIES[random.integers(0, len(_CATEGORIES), rows)]),
        }


def records(traffic: Traffic, schema: TransactionSchema) -> Iterator[tuple[ByteStrings, ByteStrings]]:
    """Yield keys and values, chunk by chunk."""
    encoder = RowEncoder(schema)
    for columns in traffic.chunks():
        yield encoder.encode(columns)


def fill(broker: Broker, topic: str, traffic: Traffic, schema: TransactionSchema) -> None:
    """Write the traffic to an existing topic, as fast as the broker accepts it."""

    async def send() -> None:
        async with Feed(broker, topic) as feed:
            for keys, values in records(traffic, schema):
                await feed.send(keys, values)

    asyncio.run(send())


def _names(letter: str, numbers: np.ndarray, digits: int) -> pa.Array:
    """Return names of a letter and a fixed-width number, without a Python object per row."""
    text = np.empty((len(numbers), 1 + digits), np.uint8)
    text[:, 0] = ord(letter)
    for place in range(digits):
        text[:, digits - place] = ord("0") + numbers // 10**place % 10
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * (1 + digits)
    return pa.Array.from_buffers(pa.string(), len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(text)])
