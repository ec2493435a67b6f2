"""Read a request for decisions: parameters and transactions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from contracts.undecodable import UNDECODABLE
from decisions.errors import Invalid, TooLarge

LONGEST_DEADLINE_MS = 60_000.0
PARAMETERS = frozenset({"deadline_ms", "durable"})
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters ask for.

    Attributes:
        deadline_s: seconds from the arrival of the request to its answer.
        durable: whether to wait for the commit of the score.
    """

    deadline_s: float
    durable: bool


def asked(parameters: Mapping[str, str], default_ms: float, *, durable: bool) -> Asked:
    """Read the parameters.

    >>> asked({"deadline_ms": "80"}, default_ms=100.0, durable=True)
    Asked(deadline_s=0.08, durable=True)

    Args:
        parameters: the query parameters.
        default_ms: the deadline where none is given, in milliseconds.
        durable: whether to wait for the commit where nothing is given.

    Raises:
        Invalid: a parameter has another value than allowed.
    """
    waits = _BOOLEANS.get(parameters.get("durable", str(durable).lower()))
    if waits is None:
        raise Invalid("the parameter has another value", where="durable", allowed="true or false")
    try:
        deadline_ms = float(parameters.get("deadline_ms", default_ms))
    except ValueError:
        deadline_ms = math.nan
    if not 1 <= deadline_ms <= LONGEST_DEADLINE_MS:
        raise Invalid(
            "the deadline is out of range", where="deadline_ms", allowed=f"1 to {LONGEST_DEADLINE_MS:g}"
        )
    return Asked(deadline_ms / 1000, waits)


def id_reader(field: str) -> Callable[[bytes], str]:
    """Return what reads the id of a transaction, and nothing else of it; empty where there is none.

    >>> id_reader("transaction_id")(b'{"transaction_id": "t1", "amount": 9.5}')
    't1'

    Args:
        field: the field of the id.
    """
    form = msgspec.defstruct("Identified", [("id", str | int, "")], rename={"id": field})
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(form).decode

    def read(body: bytes) -> str:
        try:
            return str(decode(body).id)
        except UNDECODABLE:  # a value of another type too
            return ""

    return read


def transactions_of(body: bytes, most: int) -> list[bytes]:
    """Return the transactions of a batch, each as its JSON.

    Args:
        body: a JSON array of transactions.
        most: most transactions.

    Raises:
        Invalid: it is no array, or is empty.
        TooLarge: it has more than `most`.
    """
    try:
        found = [bytes(one) for one in _split(body)]
    except UNDECODABLE:
        raise Invalid("the body is not a JSON array", where="body", allowed="an array of objects") from None
    if not found:
        raise Invalid("the array is empty", where="body", allowed=f"1 to {most} transactions")
    if len(found) > most:
        raise TooLarge("the array is too long", where="body", allowed=f"1 to {most} transactions")
    return found
