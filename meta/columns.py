"""What the columns of a feature matrix mean, read from their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from meta.arrays import Doubles, Floats

_COUNT = re.compile(r"^(?P<entity>.+?)_log_count_(?P<window>\d+[hd])$")


class UnknownColumn(LookupError):
    """A feature that code needs and the columns do not have.

    Args:
        name: the column that is missing.
        needed_by: the recipe, or the step, that needs it.
        existing: all columns that exist.
    """

    def __init__(self, name: str, needed_by: str, existing: tuple[str, ...]) -> None:
        super().__init__(f"{needed_by} needs the column {name!r}; columns are: {', '.join(existing)}")
        self.name = name


@dataclass(frozen=True)
class FeatureColumns:
    """Names of the features in their order, as the artifact of a base keeps them.

    Example:
        >>> FeatureColumns(("log_amount", "card_log_count_1d", "card_ratio_1d")).entities
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
        """Names of the windows, as in `7d`, shortest first."""
        return self._distinct("window")

    @cached_property
    def categories(self) -> list[int]:
        """Positions of the one-hot merchant categories, the finest there are."""
        for prefix in ("category_is_", "category_"):
            found = [i for i, n in enumerate(self.names) if n.startswith(prefix)]
            if found:
                return found
        return []

    @property
    def category_profile(self) -> tuple[str, str]:
        """Names of the features that compare amounts within a category: log count and ratio.

        Only the primary entity has them, over the longest window. Needs at least one entity.
        """
        entity, window = self.entities[0], self.windows[-1]
        return f"{entity}_log_category_count_{window}", f"{entity}_category_ratio_{window}"

    @cached_property
    def differences(self) -> list[tuple[int, int]]:
        """Pairs of positions (amount, ratio) whose difference gives a mean that no feature states."""
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

    def get(self, X: Floats, name: str, needed_by: str) -> Doubles:
        """Return one column as float64 (n,).

        Raises:
            UnknownColumn: no feature has that name.
        """
        return X[:, self.find(name, needed_by)].astype(np.float64)

    def put(self, X: Floats, name: str, values: Doubles, needed_by: str) -> None:
        """Set one column in place.

        Raises:
            UnknownColumn: no feature has that name.
        """
        X[:, self.find(name, needed_by)] = values

    def find(self, name: str, needed_by: str) -> int:
        """Return the index of a column.

        Raises:
            UnknownColumn: no feature has that name.
        """
        if (at := self.position.get(name)) is None:
            raise UnknownColumn(name, needed_by, self.names)
        return at

    def _distinct(self, group: str) -> tuple[str, ...]:
        found = [m[group] for n in self.names if (m := _COUNT.match(n))]
        return tuple(dict.fromkeys(found))
