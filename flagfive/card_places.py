"""Finds cards whose transactions are on several partitions: their history is split, their order lost.

Counts on the way how many transactions came again.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from features.columns import Columns
    from settings import Settings

NEWEST = 1_000
"""Transactions looked at in each partition."""
_POLL_MS = 500
_MOST_POLLS = 20
_REGISTRY_S = 30.0
_SHOWN = 4  # characters of a card


class CardPlaces(NamedTuple):
    """What the newest transactions show.

    Attributes:
        cards: number of different cards.
        misplaced: last characters and partitions of each card that is on several partitions.
        transactions: number of transactions.
        repeated: number of those whose id came before on the same partition.
    """

    cards: int
    misplaced: list[tuple[str, list[int]]]
    transactions: int
    repeated: int


def card_places(settings: "Settings") -> CardPlaces:
    """Read the newest 1,000 transactions of each partition.

    Args:
        settings: the settings.

    Returns:
        The cards among them.

    Raises:
        KafkaError: the cluster does not answer.
    """
    found: dict[str, set[int]] = defaultdict(set)
    ids: Counter[tuple[int, str]] = Counter()
    for partition, card, identity in _cards_of(settings, list(_newest(settings))):
        if card is not None and identity is not None:
            found[card].add(partition)
            ids[partition, identity] += 1
    misplaced = [("..." + card[-_SHOWN:], sorted(at)) for card, at in found.items() if len(at) > 1]
    return CardPlaces(len(found), sorted(misplaced), ids.total(), ids.total() - len(ids))


def _cards_of(
    settings: "Settings", records: list[tuple[int, bytes | None]]
) -> Iterator[tuple[int, str | None, str | None]]:
    """Yield partition, card and id of each transaction, None for what cannot be read."""
    if settings.transaction.format == "json":
        for partition, value in records:
            card, identity = _fields(value, settings.primary.field, settings.transaction.id)
            yield partition, card, identity
        return
    columns = _decoded(settings, [value for _, value in records])
    texts = zip(columns.row.tolist(), columns.keys[0].to_list(), columns.id.to_list(), strict=True)
    for row, key, name in texts:
        yield records[row][0], (key or b"").decode(), (name or b"").decode()


def _decoded(settings: "Settings", values: list[bytes | None]) -> "Columns":
    """Decode records in the wire format; those that cannot be read are left out."""
    import asyncio

    import numpy as np

    from features.byte_strings import ByteStrings
    from features.formats.decode import WireDecoder
    from stream.registry.client import Registry
    from stream.registry.known_schemas import KnownSchemas
    from stream.wiring import transaction_schema

    decoder, found = WireDecoder(transaction_schema(settings)), ByteStrings.from_list(values)

    async def learn() -> None:
        registry = Registry(settings.registry)
        try:
            await asyncio.wait_for(KnownSchemas(registry, decoder).prepare(found), _REGISTRY_S)
        except TimeoutError:
            pass  # the check of the registry says why
        finally:
            await registry.close()

    asyncio.run(learn())
    return decoder.decode(found, np.full(len(values), time.time()))[0]


def _fields(value: bytes | None, *names: str) -> list[str | None]:
    """Return texts or integers of a transaction, None for each that cannot be read."""
    import msgspec

    from contracts.undecodable import UNDECODABLE

    try:
        fields = msgspec.json.decode(value or b"", type=dict[str, Any])
    except UNDECODABLE:
        fields = {}
    found = (fields.get(name) for name in names)
    return [str(one) if isinstance(one, str | int) else None for one in found]


def _newest(settings: "Settings") -> Iterator[tuple[int, bytes | None]]:
    """Yield partition and value of the newest records of `transactions`."""
    from kafka import KafkaConsumer, TopicPartition

    from contracts.broker import kafka_python_options

    consumer = KafkaConsumer(**kafka_python_options(settings.broker), enable_auto_commit=False)
    try:
        topic = settings.topics.transactions
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            return
        consumer.assign(partitions)
        ends, begins = consumer.end_offsets(partitions), consumer.beginning_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, max(begins[partition], ends[partition] - NEWEST))
        for _ in range(_MOST_POLLS):
            if all(consumer.position(partition) >= ends[partition] for partition in partitions):
                return
            for partition, records in consumer.poll(timeout_ms=_POLL_MS).items():
                yield from ((partition.partition, record.value) for record in records)
    finally:
        consumer.close()
