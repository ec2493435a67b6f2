"""Let a batch wait until the schemas of its records are known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from mode import get_logger

from contracts.metrics import scorer as metrics
from features.byte_strings import ByteStrings
from features.formats.decode import WireDecoder
from features.formats.errors import SchemaUnusable
from stream.registry.client import AVRO, JSON, PROTOBUF, NoSuchSchema, Registered, RegistryAway
from stream.registry.protoc import ProtocFailed, compile_proto

MOST_NEW = 64
"""New schemas of one batch that the registry is asked for; those of most records come first."""
RETRY_S = 1.0
"""Seconds between questions while the registry is away."""
UNKNOWN_S = 30.0
"""Seconds for which an unknown schema is remembered; then it is asked for again."""
GRACE_S = 1.0
"""Seconds after which an unknown schema is asked for a second time: a follower of the registry may lag."""

_AT_ONCE = 8

log = get_logger(__name__)


class Source(Protocol):
    async def schema(self, number: int) -> Registered:
        """Return a schema. Raises NoSuchSchema and RegistryAway."""


class KnownSchemas:
    """Gives a decoder the schemas that it lacks.

    A schema is asked for once, since a registry never changes one. While the registry is away, batches with
    a new schema wait; those with known schemas go on.

    Args:
        source: the registry.
        decoder: receives the schemas.
        clock: seconds, for tests.
    """

    def __init__(
        self, source: Source, decoder: WireDecoder, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._decoder = decoder
        self._clock = clock
        self._refused_until: dict[int, float] = {}
        self._grace_from = clock()

    async def prepare(self, values: ByteStrings, stop: asyncio.Event | None = None) -> None:
        """Return once the decoder knows the schemas of the records, or `stop` is set.

        Schemas that the registry does not know count as known: their records are rejected.
        """
        wanted = self._wanted(values)
        if not wanted:
            return
        missing = await self._learn_all(wanted, stop)
        if missing and self._clock() >= self._grace_from:
            self._grace_from = self._clock() + UNKNOWN_S
            await asyncio.sleep(GRACE_S)
            missing = await self._learn_all(list(missing), stop)
        for number, why in missing.items():
            log.warning("schema %d %s; its records become dead letters", number, why)
            self._decoder.schemas.refuse(number, why)
            self._refused_until[number] = self._clock() + UNKNOWN_S

    def _wanted(self, values: ByteStrings) -> Sequence[int]:
        now = self._clock()
        for number in [one for one, until in self._refused_until.items() if until <= now]:
            del self._refused_until[number]
            self._decoder.schemas.forget(number)
        return self._decoder.unknown(values)[:MOST_NEW]

    async def _learn_all(self, numbers: Sequence[int], stop: asyncio.Event | None) -> dict[int, str]:
        """Learn schemas; return those that the registry does not know, with the reason."""
        left, missing, since = list(numbers), dict[int, str](), 0.0
        while left and not (stop and stop.is_set()):
            parts = [self._learn(number, missing) for number in left[:_AT_ONCE]]
            away = [one for one in await asyncio.gather(*parts) if one is not None]
            if not away:
                left = left[_AT_ONCE:]
                continue
            left = [one for one in left if not (self._decoder.schemas.knows(one) or one in missing)]
            since = since or self._warn(away[0])
            await asyncio.sleep(RETRY_S)
            metrics.SCHEMA_WAIT.inc(RETRY_S)
        if since and not left:
            log.warning("the schema registry is back after %.0f s", self._clock() - since)
        return missing

    def _warn(self, away: RegistryAway) -> float:
        log.error("the schema registry is away, its batch waits: %s; trying every %.0f s", away, RETRY_S)
        return self._clock()

    async def _learn(self, number: int, missing: dict[int, str]) -> RegistryAway | None:
        """Learn a schema, or note that it is missing; return why neither could be done."""
        try:
            await self._add(number, await self._source.schema(number))
        except (NoSuchSchema, ProtocFailed) as error:
            missing[number] = str(error)
        except RegistryAway as error:
            metrics.SCHEMA_REQUESTS.labels("away").inc()
            return error
        metrics.SCHEMA_REQUESTS.labels("unknown" if number in missing else "found").inc()
        return None

    async def _add(self, number: int, registered: Registered) -> None:
        schemas, references = self._decoder.schemas, registered.references
        if registered.kind == AVRO:
            schemas.add_avro(number, registered.text, list(references.values()))
        elif registered.kind == PROTOBUF:
            await self._add_protobuf(number, registered)
        elif registered.kind == JSON:
            schemas.add_json(number)
        else:
            schemas.refuse(number, "is neither Avro nor Protobuf nor JSON")
        if schemas.is_refused(number):
            log.error("%s; its records become dead letters", schemas.why_refused(number))
        else:
            log.info("schema %d is known", number)

    async def _add_protobuf(self, number: int, registered: Registered) -> None:
        try:
            compiled = await asyncio.to_thread(compile_proto, registered.text, registered.references)
        except SchemaUnusable as error:
            self._decoder.schemas.refuse(number, f"cannot be used: {error}")
        else:
            self._decoder.schemas.add_protobuf(number, compiled)
