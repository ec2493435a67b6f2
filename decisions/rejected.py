"""Put what is wrong with a transaction into words, without any value of it."""

from __future__ import annotations

from decisions.errors import Invalid
from features.reading import MAX_RECORD_BYTES
from features.rejects import RejectReason
from features.schema import MAX_AMOUNT, MAX_KEY_BYTES

_WORDS = {
    RejectReason.SYNTAX: ("the transaction is not JSON", "a JSON object"),
    RejectReason.MISSING_FIELD: ("a field is missing or empty", "every field that flagfive.toml maps"),
    RejectReason.WRONG_TYPE: (
        "a value has the wrong type or form",
        "the types of docs/your-transactions.md, such as a number for the amount and a text for an id",
    ),
    RejectReason.NOT_FINITE: ("a number is out of range", "finite numbers"),
    RejectReason.NEGATIVE_AMOUNT: ("the amount is negative", f"0 to {MAX_AMOUNT:.0f}"),
    RejectReason.TIME_OUT_OF_RANGE: (
        "the time is out of range",
        "from transaction.earliest to transaction.latest, at most transaction.ahead_minutes ahead",
    ),
    RejectReason.CARD_NUMBER: (
        "the transaction holds what may be a card number",
        "a token in place of the number",
    ),
    RejectReason.TOO_LARGE: (
        "a value is too large",
        f"an amount up to {MAX_AMOUNT:.0f}, ids and keys up to {MAX_KEY_BYTES} bytes, "
        f"a transaction up to {MAX_RECORD_BYTES} bytes",
    ),
}
_NAMES_NO_FIELD = (RejectReason.SYNTAX, RejectReason.NOT_FINITE, RejectReason.CARD_NUMBER)


def invalid(reason: int, detail: str) -> Invalid:
    """Return the refusal of a transaction.

    Args:
        reason: a `RejectReason`.
        detail: the field, or a few fixed words; never a value.
    """
    what, allowed = _WORDS[RejectReason(reason)]
    where = "transaction" if RejectReason(reason) in _NAMES_NO_FIELD else detail
    return Invalid(what, where=where, allowed=allowed)
