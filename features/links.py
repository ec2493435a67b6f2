"""Links between entities as numbers beside the feature vector: no base reads them, written rules can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

LINK_DAYS: Final = 7
"""Days for which a partner counts."""
FRAUD_DAYS: Final = 90
"""Days for which a confirmed fraud counts."""
UNKNOWN: Final = float("nan")
"""Value in rows of releases that had no links; a comparison with it is false."""


def partner_of(entities: Sequence[str], position: int) -> str:
    """Return the kind of an entity's partners: for the primary entity the second one, else the primary.

    >>> partner_of(["card", "merchant", "device"], 0), partner_of(["card", "merchant", "device"], 2)
    ('merchant', 'card')
    """
    return entities[min(1, len(entities) - 1) if position == 0 else 0]


def link_measure(entities: Sequence[str], position: int) -> str:
    """Return the measure of an entity's link, without the entity.

    >>> link_measure(["card", "merchant", "device"], 2)
    'cards_7d'
    """
    return f"{partner_of(entities, position)}s_{LINK_DAYS}d"


def link_words(entities: Sequence[str], position: int) -> str:
    """Return the measure in words.

    >>> link_words(["card", "merchant", "device"], 2)
    'different cards in 7 days'
    """
    return f"different {partner_of(entities, position)}s in {LINK_DAYS} days"


def fraud_words(entities: Sequence[str], position: int) -> str:
    """Return in words what the confirmed frauds of an entity count.

    >>> fraud_words(["card", "merchant"], 0), fraud_words(["card", "merchant"], 1)
    ('its confirmed frauds in 90 days', 'cards with a confirmed fraud in 90 days')
    """
    counted = "its confirmed frauds" if position == 0 else f"{entities[0]}s with a confirmed fraud"
    return f"{counted} in {FRAUD_DAYS} days"


class StoredLinks(NamedTuple):
    """Links of n transactions.

    Attributes:
        partners: different partners of each entity in 7 days, float32 (n, entities).
        frauds: confirmed frauds of each entity, float32 (n, entities).
    """

    partners: npt.NDArray[np.float32]
    frauds: npt.NDArray[np.float32]


def links_of(stored: bytes | None, entities: int) -> StoredLinks:
    """Return the links of one stored transaction.

    Args:
        stored: partners, then frauds, float32 each, little-endian; None in rows of releases that stored none.
        entities: number of kinds of entities; where another number is stored, all are unknown.

    >>> links_of(np.float32([2, 5, 0, 1]).tobytes(), 2).frauds.tolist(), links_of(None, 1).partners.tolist()
    ([[0.0, 1.0]], [[nan]])
    """
    if stored is None or len(stored) != 4 * 2 * entities:
        stored = np.full(2 * entities, UNKNOWN, "<f4").tobytes()
    return split_links(np.frombuffer(stored, "<f4").astype(np.float32)[None])


def split_links(matrix: npt.NDArray[np.float32]) -> StoredLinks:
    """Divide a stored matrix (n, 2 * entities) into partners and frauds."""
    entities = matrix.shape[1] // 2
    return StoredLinks(matrix[:, :entities], matrix[:, entities:])
