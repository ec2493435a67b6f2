"""Masks ids of transactions and keys of entities in what the gate noted, so that no personal data leaves."""

from __future__ import annotations

import re
from typing import Any

from storage import UnitOfWork
from storage.episodes import Episode

SHORTEST = 4
"""Characters of the shortest key that is masked: shorter ones would also hit numbers in sentences."""


class Masker:
    """Replaces the transactions of an episode and their entities by numbered labels, as whole words.

    Args:
        labels: label by the text that it replaces.

    Example:
        >>> Masker({"tx-1": "transaction 1"}).mask({"notes": ["set aside: tx-1"]})
        {'notes': ['set aside: transaction 1']}
    """

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = {text: label for text, label in labels.items() if len(text) >= SHORTEST}
        longest_first = sorted(self._labels, key=len, reverse=True)
        self._any = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    @classmethod
    def of_episode(cls, unit: UnitOfWork, episode: Episode) -> Masker:
        """Return the masker of an episode's transactions, those to review included."""
        ids = sorted({part.transaction_id for part in episode.transactions} | set(episode.to_review))
        labels = {identity: f"transaction {place}" for place, identity in enumerate(ids, 1)}
        found = unit.past.by_ids(ids).values()
        keys = sorted({(kind, key) for row in found for kind, key in row.entities.items()})
        labels |= {key: f"{kind} {place}" for place, (kind, key) in enumerate(keys, 1)}
        return cls(labels)

    def mask(self, value: Any) -> Any:
        """Return a copy of a JSON value with every text masked, keys of objects too; other values as is."""
        match value:
            case str() if self._labels:
                return self._any.sub(lambda found: self._labels[found[0]], value)
            case dict():
                return {self.mask(name): self.mask(one) for name, one in value.items()}
            case list() | tuple():
                return [self.mask(one) for one in value]
            case _:
                return value
