"""Payments in event-time order, as messages, as columns for features, and with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.byte_strings import ByteStrings
from features.columns import Channel, Columns, currency_code
from features.schema import TransactionSchema
from simulate.ids import opaque_ids
from simulate.merchants import CODES, ONLINE
from simulate.patterns import EVERY
from simulate.payments import GENUINE, Payments
from simulate.population import Population

CURRENCY = "EUR"
_CASH_CODE = 6011
_MICROSECONDS = 1_000_000
_CHANNEL_NAMES = pa.array(["unknown", "pos", "ecom", "atm"])  # in the order of `Channel`
_FAMILIES = np.array(["", *EVERY])  # GENUINE first
# Names of entities that simulated payments have.
_CARD_NAMES, _MERCHANT_NAMES = ("card", "customer", "account"), ("merchant", "terminal", "shop")


class UnknownEntity(ValueError):
    """The schema names an entity that simulated payments do not have."""


@dataclass(frozen=True, slots=True)
class EntityIds:
    """Ids of cards and merchants, bytes, by their number in the population."""

    cards: npt.NDArray[np.bytes_]
    merchants: npt.NDArray[np.bytes_]

    @classmethod
    def of(cls, people: Population, seed: int) -> EntityIds:
        cards, merchants = np.arange(len(people.cards)), np.arange(len(people.merchants))
        return cls(opaque_ids("card_", cards, seed), opaque_ids("shop_", merchants, seed))


@dataclass(frozen=True)
class Chunk:
    """n payments in event-time order.

    `fraud` and `family` are the truth; `fields` and `features_columns` do not contain them.
    """

    payments: Payments
    transaction: npt.NDArray[np.bytes_]
    """Transaction ids, (n,)."""
    people: Population
    names: EntityIds

    def __len__(self) -> int:
        return len(self.payments)

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Event time, seconds since 1970, rising."""
        return self.payments.time

    @property
    def amount(self) -> npt.NDArray[np.float64]:
        """EUR."""
        return self.payments.amount

    @property
    def card(self) -> npt.NDArray[np.int32]:
        """Number of the card in the population."""
        return self.payments.card

    @property
    def merchant(self) -> npt.NDArray[np.int32]:
        """Number of the merchant in the population."""
        return self.payments.merchant

    @property
    def fraud(self) -> npt.NDArray[np.bool_]:
        """Whether a pattern made the payment."""
        return np.asarray(self.payments.family != GENUINE)

    @property
    def family(self) -> npt.NDArray[np.str_]:
        """Name of the pattern, empty for genuine."""
        return _FAMILIES[self.payments.family]

    @cached_property
    def mcc(self) -> npt.NDArray[np.int32]:
        """Merchant category code (ISO 18245)."""
        return CODES[self.people.merchants.category[self.merchant]]

    @cached_property
    def channel(self) -> npt.NDArray[np.int8]:
        """Channel of each payment, a `Channel`: cash at cash machines, card not present online."""
        online = self.people.merchants.region[self.merchant] == ONLINE
        shop = np.where(self.mcc == _CASH_CODE, Channel.CASH, Channel.PRESENT)
        return np.where(online, Channel.NOT_PRESENT, shop).astype(np.int8)

    def ids(self) -> list[str]:
        """Return the transaction ids as text."""
        return [identity.decode("ascii") for identity in self.transaction.tolist()]

    def fields(self, schema: TransactionSchema) -> dict[str, pa.Array]:
        """Return the values of each JSON field of the messages.

        Args:
            schema: names of the fields.

        Returns:
            Values by field; event times are Arrow timestamps.

        Raises:
            UnknownEntity: simulated payments do not have an entity of the schema.
        """
        ticks = np.round(self.time * _MICROSECONDS).astype(np.int64)
        columns = {
            schema.id: _text(self.transaction),
            schema.time: pa.array(ticks, pa.timestamp("us")),
            schema.amount: pa.array(self.amount),
            schema.currency: pa.repeat(CURRENCY, len(self)),
            schema.category: pa.array(self.mcc),
            schema.channel: _CHANNEL_NAMES.take(pa.array(self.channel)),
        }
        columns |= {entity.field: _text(self._keys(entity.name)) for entity in schema.entities}
        return {field: column for field, column in columns.items() if field is not None}

    def features_columns(self, schema: TransactionSchema | None = None) -> Columns:
        """Return the columns that the stream decodes from the messages, for the entities of `schema`."""
        entities = (schema or TransactionSchema()).entities
        return Columns(
            row=np.arange(len(self), dtype=np.int32),
            id=_spans(self.transaction),
            time=self.time,
            amount=self.amount,
            currency=np.full(len(self), currency_code(CURRENCY), np.int32),
            category=self.mcc,
            channel=self.channel,
            keys=tuple(_spans(self._keys(entity.name)) for entity in entities),
        )

    def _keys(self, entity: str) -> npt.NDArray[np.bytes_]:
        if entity in _CARD_NAMES:
            return self.names.cards[self.card]
        if entity in _MERCHANT_NAMES:
            return self.names.merchants[self.merchant]
        allowed = ", ".join(_CARD_NAMES + _MERCHANT_NAMES)
        raise UnknownEntity(f"simulated payments have no entity {entity!r}; allowed are {allowed}")


def _spans(texts: npt.NDArray[np.bytes_]) -> ByteStrings:
    """Return ids of equal length as byte strings, without copying."""
    width = texts.dtype.itemsize
    start = np.arange(len(texts), dtype=np.int64) * width
    return ByteStrings(np.ascontiguousarray(texts).view(np.uint8), start, start + width)


def _text(texts: npt.NDArray[np.bytes_]) -> pa.Array:
    offsets = np.arange(len(texts) + 1, dtype=np.int64) * texts.dtype.itemsize
    parts = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(texts))]
    return pa.Array.from_buffers(pa.large_string(), len(texts), parts)
