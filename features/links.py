"""Links between entities as numbers beside the feature vector: no base reads them, written rules can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

LINK_DAYS: Final = 7
"""Days for which a partner counts."""
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


def links_of(stored: bytes | None, count: int) -> npt.NDArray[np.float32]:
    """Return the links of one stored transaction, float32 (1, count).

    Args:
        stored: float32 each, little-endian; None in rows of releases that stored none.
        count: number of links; where another number is stored, they are unknown.

    >>> links_of(np.float32([2, 5]).tobytes(), 2).tolist(), links_of(None, 1).tolist()
    ([[2.0, 5.0]], [[nan]])
    """
    if stored is None or len(stored) != 4 * count:
        return np.full((1, count), UNKNOWN, np.float32)
    return np.frombuffer(stored, "<f4").astype(np.float32)[None]
