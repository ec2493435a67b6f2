"""What the columns of a feature matrix mean, read from their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from meta.arrays import Doubles, Floats

_COUNT = re.compile(r"^(?P<entity>.+?)_log_count_(?P<window>\d+[hd])$")
_SECONDS = {"h": 3_600.0, "d": 86_400.0}


@dataclass(frozen=True)
class Columns:
    """Names of the features in their order, as the artifact of a base keeps them.

    >>> Columns(("log_amount", "card_log_count_1d", "card_ratio_1d")).entities
    ('card',)
    """

    names: tuple[str, ...]

    @cached_property
    def position(self) -> dict[str, int]:
        """Index of each name."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def entities(self) -> tuple[str, ...]:
        """Entities with windowed features, in order of appearance."""
        return self._distinct("entity")

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """Windows, shortest first, as in `7d`."""
        return self._distinct("window")

    def window_length(self, window: str) -> float:
        """Return the memory of a window in seconds."""
        return float(window[:-1]) * _SECONDS[window[-1]]

    @cached_property
    def categories(self) -> list[int]:
        """Positions of the one-hot merchant categories, the finest there are."""
        for prefix in ("category_is_", "category_"):
            found = [i for i, n in enumerate(self.names) if n.startswith(prefix)]
            if found:
                return found
        return []

    @cached_property
    def differences(self) -> list[tuple[int, int]]:
        """Pairs of positions (amount, ratio) whose difference is a window's mean that no feature tells."""
        return [
            (self.position["log_amount"], self.position[ratio])
            for entity in self.entities
            for window in self.windows
            if (ratio := f"{entity}_ratio_{window}") in self.position
            and f"{entity}_log_mean_{window}" not in self.position
        ]

    def has(self, name: str) -> bool:
        """Whether a feature of that name exists."""
        return name in self.position

    def get(self, X: Floats, name: str) -> Doubles:
        """Return one column as float64 (n,); zeros where the schema lacks it."""
        at = self.position.get(name)
        return np.zeros(len(X)) if at is None else X[:, at].astype(np.float64)

    def put(self, X: Floats, name: str, values: Doubles) -> None:
        """Set one column in place; nothing happens where the schema lacks it."""
        at = self.position.get(name)
        if at is not None:
            X[:, at] = values

    def _distinct(self, group: str) -> tuple[str, ...]:
        found = [m[group] for n in self.names if (m := _COUNT.match(n))]
        return tuple(dict.fromkeys(found))
