"""Change a transaction and work out what its features would have been.

The features of a window are functions of the amount and of the count, mean and spread of earlier amounts.
`TransactionDraft` solves them for these four, changes what a fraudster would change, and computes the
features again as the live fold would have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from meta.arrays import Doubles, Floats
from meta.columns import FeatureColumns

_KNOWN = (
    1e-3  # smallest count whose mean and spread can be read back: with less, ratio and deviation are near 0
)
_READABLE = 0.02  # smallest deviation that the spread can be read from: nearer to the mean it is lost


class ProfileFormulas(Protocol):
    """Constants of the formulas that turn a profile into features; `features.formulas` has the live ones."""

    @property
    def window_lengths(self) -> Mapping[str, float]:
        """Length of each window in seconds, by its name in feature names."""

    @property
    def doubt(self) -> float:
        """The count at which a mean is trusted by half."""

    @property
    def deviation_floor(self) -> float:
        """Added to the spread that amounts are measured by, in units of currency."""


class TransactionDraft:
    """Raw feature rows as amounts, and per entity and window the count, mean and spread of earlier amounts.

    Args:
        X: raw features, float32 (n, d); left unchanged.
        columns: names of the d features.
        formulas: how the features of a window are computed.
        recipe: name of the recipe that makes the change, for error messages.

    Attributes:
        amount: float64 (n,), in units of currency; may be set.
        windows: count, mean and spread, float64 (n,) each, by entity and name of the window.

    Raises:
        UnknownColumn: an entity lacks a feature of one of its windows.
    """

    def __init__(self, X: Floats, columns: FeatureColumns, formulas: ProfileFormulas, recipe: str) -> None:
        self.X, self.columns = X.copy(), columns
        self._formulas, self._recipe = formulas, recipe
        self._log_amount = self.get("log_amount")
        self.amount = np.expm1(self._log_amount)
        self.windows = {(e, w): self._read(e, w) for e in columns.entities for w in columns.windows}

    def __len__(self) -> int:
        return len(self.X)

    def get(self, name: str) -> Doubles:
        """Return one feature, float64 (n,).

        Raises:
            UnknownColumn: no feature has that name.
        """
        return self.columns.get(self.X, name, self._recipe)

    def put(self, name: str, values: Doubles) -> None:
        """Set one feature that does not depend on amounts or windows.

        Raises:
            UnknownColumn: no feature has that name.
        """
        self.columns.put(self.X, name, values, self._recipe)

    def precede(self, entity: str, many: Doubles, seconds_ago: Doubles) -> None:
        """Insert `many` (n,) earlier transactions of the row's own amount, `seconds_ago` (n,) before it."""
        for window in self.columns.windows:
            count, mean, spread = self.windows[entity, window]
            weight = many * self._kept(window, seconds_ago)
            total = np.maximum(count + weight, 1e-12)
            mixed = (count * mean + weight * self.amount) / total
            squares = count * (spread**2 + (mean - mixed) ** 2) + weight * (self.amount - mixed) ** 2
            self.windows[entity, window] = (count + weight, mixed, np.sqrt(squares / total))
        name = f"{entity}_log_seconds_since_last"
        self.put(name, np.minimum(self.get(name), np.log1p(seconds_ago)))

    def idle(self, entity: str, seconds: Doubles) -> None:
        """Let the entity have been silent for `seconds` (n,), a day or more, before the row."""
        for window in self.columns.windows:
            count, mean, spread = self.windows[entity, window]
            self.windows[entity, window] = (count * self._kept(window, seconds), mean, spread)
        self.put(f"{entity}_log_seconds_since_last", np.log1p(seconds))
        self.put(f"{entity}_log_partners_1d", np.zeros(len(self)))

    def rows(self) -> Floats:
        """Return raw features, float32 (n, d), with every feature that follows from the changes."""
        after = np.log1p(self.amount)
        self.put("log_amount", after)
        for (entity, window), profile in self.windows.items():
            self._write(entity, window, after, *profile)
        if self.columns.categories and self.columns.entities:
            self._write_category(after)
        return self.X

    def _read(self, entity: str, window: str) -> tuple[Doubles, Doubles, Doubles]:
        count = np.expm1(self.get(f"{entity}_log_count_{window}"))
        trust = np.maximum(self._trust(count), 1e-6)
        known = count > _KNOWN
        log_mean = self._log_amount - np.where(known, self.get(f"{entity}_ratio_{window}") / trust, 0.0)
        mean = np.expm1(np.clip(log_mean, 0.0, 15.0))
        distance = np.where(known, self.get(f"{entity}_deviation_{window}") / trust, 0.0)
        apart = np.abs(distance) > _READABLE
        sinh = np.sinh(np.where(apart, np.clip(distance, -20, 20), 1.0))
        usual = 0.5 * mean  # of the spread
        spread = np.where(apart, (self.amount - mean) / sinh - self._formulas.deviation_floor, usual)
        return count, mean, np.clip(spread, 0.0, 10 * mean + 10)

    def _write(
        self, entity: str, window: str, after: Doubles, count: Doubles, mean: Doubles, spread: Doubles
    ) -> None:
        trust, log_mean = self._trust(count), np.log1p(mean)
        distance = np.arcsinh((self.amount - mean) / (spread + self._formulas.deviation_floor))
        self.put(f"{entity}_log_count_{window}", np.log1p(count))
        if self.columns.has(mean_column := f"{entity}_log_mean_{window}"):  # of the longest window alone
            self.put(mean_column, np.where(count > _KNOWN, log_mean, 0.0))
        self.put(f"{entity}_deviation_{window}", trust * distance)
        self.put(f"{entity}_ratio_{window}", trust * (after - log_mean))

    def _write_category(self, after: Doubles) -> None:
        """Only the primary entity, which comes first, compares amounts within a category."""
        count_column, ratio_column = self.columns.category_profile
        trust = self._trust(np.expm1(self.get(count_column)))
        self.put(ratio_column, self.get(ratio_column) + trust * (after - self._log_amount))

    def _kept(self, window: str, seconds: Doubles) -> Doubles:
        """The share of a count that is left after `seconds`."""
        return np.exp(-seconds / self._formulas.window_lengths[window])

    def _trust(self, count: Doubles) -> Doubles:
        return count / (count + self._formulas.doubt)
