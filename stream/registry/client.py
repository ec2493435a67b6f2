"""Ask a schema registry by Confluent's REST interface."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec

from contracts.broker_tls import tls_context
from contracts.undecodable import UNDECODABLE
from settings import RegistrySettings

AVRO: Final = "AVRO"
JSON: Final = "JSON"
PROTOBUF: Final = "PROTOBUF"

MOST_ANSWER_BYTES = 4 << 20
"""Largest answer, after decompression."""
MOST_REFERENCES = 100
"""Schemas that one schema may need, directly or not."""

_NO_SCHEMA, _NO_SUBJECT, _NO_VERSION = 40403, 40401, 40402
_NOT_FOUND = 404


class RegistryAway(Exception):
    """The registry gives no answer that can be used; the message says why, without a secret."""


class NoSuchSchema(Exception):
    """The registry does not know the schema."""


class _Reference(msgspec.Struct, frozen=True):
    name: str
    subject: str
    version: int


class _Answer(msgspec.Struct, frozen=True):
    schema: str
    schemaType: str = AVRO  # noqa: N815  the registry's name
    references: list[_Reference] | None = None


class _Problem(msgspec.Struct, frozen=True):
    error_code: int = 0


@dataclass(frozen=True, slots=True)
class Registered:
    """A schema of the registry.

    Attributes:
        kind: AVRO, JSON, PROTOBUF or another one.
        text: the schema.
        references: the schemas that it needs, by the name that it uses for them; each after those it needs.
    """

    kind: str
    text: str
    references: Mapping[str, str] = field(default_factory=dict)


class Registry:
    """Asks the registry of the settings; use it in one event loop, and `close` it.

    Args:
        settings: addresses and credentials.
        transport: in place of the network, for tests.

    Raises:
        TlsFileUnusable: a certificate or key file cannot be used.
    """

    def __init__(self, settings: RegistrySettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._urls = settings.urls
        self._client = httpx.AsyncClient(
            verify=_trusted(settings),
            headers=_headers(settings),
            auth=(settings.user, settings.password.get_secret_value()) if settings.password else None,
            timeout=settings.timeout_s,
            transport=transport,
        )

    async def schema(self, number: int) -> Registered:
        """Return a schema with all that it needs.

        Raises:
            NoSuchSchema: the registry does not know the id, or a schema that it needs.
            RegistryAway: it does not answer.
        """
        answer = await self._ask(f"/schemas/ids/{number}")
        references: dict[str, str] = {}
        await self._add_references(answer, references, 0)
        return Registered(answer.schemaType, answer.schema, references)

    async def kinds(self) -> list[str]:
        """Return the kinds of schemas that the registry has. Raises RegistryAway."""
        kinds: list[str] = await self._read("/schemas/types", list[str])
        return kinds

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _add_references(self, answer: _Answer, found: dict[str, str], depth: int) -> None:
        """Add what a schema needs, in the order in which it can be read."""
        for one in answer.references or ():
            if one.name in found:
                continue
            if len(found) >= MOST_REFERENCES or depth >= MOST_REFERENCES:
                raise NoSuchSchema(f"needs more than {MOST_REFERENCES} other schemas")
            inner = await self._ask(f"/subjects/{quote(one.subject, safe='')}/versions/{one.version}")
            await self._add_references(inner, found, depth + 1)
            found[one.name] = inner.schema

    async def _ask(self, path: str) -> _Answer:
        answer: _Answer = await self._read(path, _Answer)
        return answer

    async def _read(self, path: str, kind: Any) -> Any:
        """Ask the addresses in turn, until one answers."""
        away: RegistryAway | None = None
        for url in self._urls:
            try:
                return await self._read_from(url, path, kind)
            except RegistryAway as error:
                away = error
        raise away or RegistryAway("registry.url is empty")

    async def _read_from(self, url: str, path: str, kind: Any) -> Any:
        try:
            async with self._client.stream("GET", url + path) as answer:
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > MOST_ANSWER_BYTES:
                        raise RegistryAway(f"{url}: an answer of more than {MOST_ANSWER_BYTES} bytes")
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise RegistryAway(f"{url}: {type(error).__name__}") from None
        if answer.status_code == _NOT_FOUND and _says_not_found(body):
            raise NoSuchSchema("is unknown to the registry")
        if answer.status_code != httpx.codes.OK:
            raise RegistryAway(f"{url}: status {answer.status_code}{_hint(answer.status_code)}")
        try:
            return msgspec.json.decode(body, type=kind)
        except UNDECODABLE:
            raise RegistryAway(f"{url}: the answer is not that of a schema registry") from None


def _says_not_found(body: bytearray) -> bool:
    """Whether it is the registry that knows no such schema, and not a server that knows no such address."""
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except UNDECODABLE:
        return False
    return problem.error_code in (_NO_SCHEMA, _NO_SUBJECT, _NO_VERSION)


def _hint(status: int) -> str:
    match status:
        case 401 | 403:
            return "; are the credentials of [registry] right?"
        case 404:
            return "; is registry.url right?"
    return ""


def _trusted(settings: RegistrySettings) -> ssl.SSLContext | bool:
    if not any(url.startswith("https://") for url in settings.urls):
        return True
    password = settings.key_password.get_secret_value() if settings.key_password else None
    return tls_context(
        settings.ca_file, settings.certificate_file, settings.key_file, password, section="registry"
    )


def _headers(settings: RegistrySettings) -> dict[str, str]:
    found = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
    if settings.token is not None:
        found["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
    return found
