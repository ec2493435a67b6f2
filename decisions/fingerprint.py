"""The identity of a transaction's content: equal for equal transactions, however their JSON is written.

It covers what the score reads, so it can be computed again from a stored row: id, time, amount, currency,
category, whether the card was absent, and the keys of all entities. Fields that no score reads do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

BYTES = 16


def fingerprint(
    identity: str,
    time: float,
    amount: float,
    currency: str,
    category: int,
    card_absent: bool,
    keys: Sequence[str],
) -> bytes:
    """Return the fingerprint of one transaction.

    Args:
        identity: its id.
        time: event time, seconds since 1970.
        amount: amount in units of the currency.
        currency: three letters, or empty.
        category: merchant category as a code.
        card_absent: whether the channel says that the card was not present.
        keys: keys of the entities, in the order of the settings.

    Returns:
        16 bytes.
    """
    content = (identity, float(time), float(amount), currency, int(category), bool(card_absent), *keys)
    return blake2b(repr(content).encode("utf-8", "surrogatepass"), digest_size=BYTES).digest()
