"""Map the fields of a message to their meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

TimeUnit = Literal["s", "ms", "us", "iso8601"]

MAX_KEY_BYTES = 64  # of an id or an entity key: room for a UUID, a hash in hex, an e-mail token
MAX_AMOUNT = 1e9  # of one payment, in units of its currency
_ENTITY_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_DAY_S = 86_400.0


class SchemaError(ValueError):
    """An invalid schema; the message names the setting, its value and the allowed values."""


@dataclass(frozen=True, slots=True)
class EntityField:
    """An entity with profiles: its `name` in feature names, and the message field of its key."""

    name: str
    field: str


@dataclass(frozen=True, slots=True)
class TransactionSchema:
    """The message fields of a transaction, and the limits of its values.

    The first of `entities` is the primary one: messages are keyed by it. Optional fields may be None.
    `earliest` and `latest` bound event time in seconds since 1970; `max_ahead_s` bounds it by the clock of
    arrival. Fields in `digits_allowed_in` may hold digits that look like a card number (ids of 13 to 19
    digits).

    >>> TransactionSchema(time_unit="ms").primary.name
    'card'
    """

    id: str = "transaction_id"
    time: str = "timestamp"
    amount: str = "amount"
    currency: str | None = "currency"
    category: str | None = "mcc"
    channel: str | None = "channel"
    entities: tuple[EntityField, ...] = (
        EntityField("card", "card_id"),
        EntityField("merchant", "merchant_id"),
    )
    time_unit: TimeUnit = "s"
    earliest: float = 946_684_800.0  # 2000-01-01
    latest: float = 4_102_444_800.0  # 2100-01-01
    max_ahead_s: float = _DAY_S
    digits_allowed_in: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_fields()
        self._check_entities()
        self._check_time()

    @property
    def primary(self) -> EntityField:
        """The entity that messages are keyed by."""
        return self.entities[0]

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield meaning and message field of each mapped field."""
        for meaning in ("id", "time", "amount", "currency", "category", "channel"):
            field = getattr(self, meaning)
            if field is not None:
                yield meaning, field
        yield from ((f"entities.{entity.name}", entity.field) for entity in self.entities)

    def _check_fields(self) -> None:
        meaning_of: dict[str, str] = {}
        for meaning, field in self.fields():
            if not isinstance(field, str) or not field:
                raise SchemaError(f"schema.{meaning} = {field!r}: the name of a message field is needed")
            if any(character in '"\\\\' or character < " " for character in field):
                raise SchemaError(f"schema.{meaning} = {field!r}: no quote, backslash or control character")
            if field in meaning_of:
                raise SchemaError(f"schema.{meaning} = {field!r}: {meaning_of[field]} already stands for it")
            meaning_of[field] = meaning
        for field in self.digits_allowed_in:
            if field not in meaning_of:
                allowed = ", ".join(sorted(meaning_of))
                raise SchemaError(f"schema.digits_allowed_in names {field!r}: allowed are {allowed}")

    def _check_entities(self) -> None:
        if not self.entities:
            raise SchemaError(
                "schema.entities is empty: at least one entity is needed, the first is the primary"
            )
        names = [entity.name for entity in self.entities]
        for name in names:
            if not _ENTITY_NAME.fullmatch(name):
                raise SchemaError(f"schema.entities: {name!r} must match {_ENTITY_NAME.pattern}")
            if names.count(name) > 1:
                raise SchemaError(f"schema.entities: {name!r} is named twice")

    def _check_time(self) -> None:
        if self.time_unit not in get_args(TimeUnit):
            allowed = ", ".join(get_args(TimeUnit))
            raise SchemaError(f"schema.time_unit = {self.time_unit!r}: allowed are {allowed}")
        if not 0 <= self.earliest < self.latest < float("inf"):
            raise SchemaError(
                f"schema.earliest = {self.earliest}, schema.latest = {self.latest}: "
                "seconds since 1970 are needed, earliest before latest"
            )
        if not 0 <= self.max_ahead_s < float("inf"):
            raise SchemaError(f"schema.max_ahead_s = {self.max_ahead_s}: seconds of 0 or more are needed")
