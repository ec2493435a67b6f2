"""Read one record with a full parser, and name what is wrong with it.

The kernels of `features.find_values` and `features.read_values` read the usual records; this module reads the
others. Both agree on every record that the kernels accept.
"""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec
import numpy as np

from features.codes import CATEGORY, CHANNEL, CURRENCY, INVALID, code_of
from features.columns import NO_CATEGORY, NO_CURRENCY, Channel
from features.iso8601 import iso8601_of
from features.rejects import Rejected, RejectReason
from features.schema import MAX_AMOUNT, MAX_KEY_BYTES, TransactionSchema

UNITS_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "iso8601": 0.0}
_FIRST_PRINTABLE = 32


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction; texts as UTF-8."""

    id: bytes
    time: float
    amount: float
    currency: int
    category: int
    channel: int
    keys: tuple[bytes, ...]
    normal_text: bytes  # the record without escapes, time and amount; it may hold a card number


def read_record(schema: TransactionSchema, value: bytes, arrival: float) -> Record:
    """Read a JSON record.

    Raises:
        Rejected: with the first error in the record.
    """
    return record_of(schema, _parse(value), arrival)


class Seconds(float):
    """An event time in seconds since 1970, where a record says its unit itself."""


def record_of(schema: TransactionSchema, fields: dict[str, Any], arrival: float) -> Record:
    """Read the fields of a record, in the types that a JSON parser gives, or with a time in `Seconds`.

    Raises:
        Rejected: with the first error in the fields.
    """
    return Record(
        id=_text(fields, schema.id),
        time=_time(schema, fields, arrival),
        amount=_amount(fields, schema.amount),
        currency=_code(fields, schema.currency, CURRENCY, NO_CURRENCY),
        category=_code(fields, schema.category, CATEGORY, NO_CATEGORY),
        channel=_code(fields, schema.channel, CHANNEL, Channel.UNKNOWN),
        keys=tuple(_text(fields, entity.field) for entity in schema.entities),
        normal_text=normal_text(schema, fields),
    )


def normal_text(schema: TransactionSchema, fields: dict[str, Any]) -> bytes:
    """Return the record as JSON without escapes and without fields whose digits are allowed."""
    numbers = {schema.time, schema.amount, *schema.digits_allowed_in}
    return msgspec.json.encode({name: value for name, value in fields.items() if name not in numbers})


def _parse(value: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(value)
    except msgspec.ValidationError:
        raise Rejected(RejectReason.NOT_FINITE, "a number out of range") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _explain(value)
    if not isinstance(fields, dict):
        raise Rejected(RejectReason.WRONG_TYPE, "the record is not an object")
    return fields


def _explain(value: bytes) -> NoReturn:
    """Raise Rejected; distinguish NaN and Infinity, which some producers write, from other bad JSON."""

    def not_finite(literal: str) -> NoReturn:
        raise Rejected(RejectReason.NOT_FINITE, literal)

    with contextlib.suppress(ValueError, RecursionError):
        json.loads(value, parse_constant=not_finite)
    raise Rejected(RejectReason.SYNTAX, "not JSON")


def _present(fields: dict[str, Any], name: str) -> Any:
    value = fields.get(name)
    if value is None or value == "":
        raise Rejected(RejectReason.MISSING_FIELD, name)
    return value


def _number(fields: dict[str, Any], name: str) -> float:
    value = _present(fields, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Rejected(RejectReason.WRONG_TYPE, name)
    try:
        number = float(value) + 0.0  # turns -0.0 into 0.0
    except OverflowError:
        raise Rejected(RejectReason.TOO_LARGE, name) from None
    if not math.isfinite(number):
        raise Rejected(RejectReason.NOT_FINITE, name)
    return number


def _amount(fields: dict[str, Any], name: str) -> float:
    amount = _number(fields, name)
    if amount < 0:
        raise Rejected(RejectReason.NEGATIVE_AMOUNT, name)
    if amount > MAX_AMOUNT:
        raise Rejected(RejectReason.TOO_LARGE, name)
    return amount


def _time(schema: TransactionSchema, fields: dict[str, Any], arrival: float) -> float:
    if isinstance(fields.get(schema.time), Seconds):
        time = _number(fields, schema.time)
    elif schema.time_unit == "iso8601":
        value = _present(fields, schema.time)
        if not isinstance(value, str):
            raise Rejected(RejectReason.WRONG_TYPE, schema.time)
        text = np.frombuffer(value.encode(), np.uint8)
        time = float(iso8601_of(text))
        if math.isnan(time):
            raise Rejected(RejectReason.WRONG_TYPE, schema.time)
    else:
        time = _number(fields, schema.time) / UNITS_PER_SECOND[schema.time_unit]
    if not schema.earliest <= time <= min(schema.latest, arrival + schema.max_ahead_s):
        raise Rejected(RejectReason.TIME_OUT_OF_RANGE, schema.time)
    return time


def _text(fields: dict[str, Any], name: str) -> bytes:
    value = _present(fields, name)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Rejected(RejectReason.WRONG_TYPE, name)
    text = str(value).encode()
    if len(text) > MAX_KEY_BYTES:
        raise Rejected(RejectReason.TOO_LARGE, name)
    if min(text) < _FIRST_PRINTABLE:
        raise Rejected(RejectReason.WRONG_TYPE, name)
    return text


def _code(fields: dict[str, Any], name: str | None, kind: int, absent: int) -> int:
    if name is None or fields.get(name) in (None, ""):
        return absent
    text = np.frombuffer(_text(fields, name), np.uint8)
    code = int(code_of(text, kind))
    if code == INVALID:
        raise Rejected(RejectReason.WRONG_TYPE, name)
    return code
