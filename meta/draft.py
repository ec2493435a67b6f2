"""A transaction with its profiles, taken apart from its features, to be changed and put together again.

The features of a window are functions of amount, count, mean and deviation. Read backwards they give those,
so a pattern can be injected as a fraudster would make it, and every feature follows as it would have live.
"""

from __future__ import annotations

import numpy as np

from meta.arrays import Doubles, Floats
from meta.columns import Columns

# The scoring path's own constants: what a deviation is divided by at least, and how little history counts
# half.
_FLOOR = 5.0
_DOUBT = 0.5


class Draft:
    """Rows of raw features (n, d) as amount (n,), and per entity and window count, mean and deviation
    (n,).
    """

    def __init__(self, X: Floats, columns: Columns) -> None:
        self.X, self.columns = X.copy(), columns
        self.before = columns.get(X, "log_amount")
        self.amount = np.expm1(self.before)
        self.windows = {(e, w): self._read(e, w) for e in columns.entities for w in columns.windows}

    def __len__(self) -> int:
        return len(self.X)

    def get(self, name: str) -> Doubles:
        """Return one feature."""
        return self.columns.get(self.X, name)

    def put(self, name: str, values: Doubles) -> None:
        """Set one feature that is no function of amount or profile."""
        self.columns.put(self.X, name, values)

    def precede(self, entity: str, many: Doubles, seconds_ago: Doubles) -> None:
        """Let `many` (n,) earlier transactions of the same amount have come `seconds_ago` (n,)."""
        for window in self.columns.windows:
            count, mean, deviation = self.windows[entity, window]
            weight = many * np.exp(-seconds_ago / self.columns.window_length(window))
            total = np.maximum(count + weight, 1e-12)
            mixed = (count * mean + weight * self.amount) / total
            squares = count * (deviation**2 + (mean - mixed) ** 2) + weight * (self.amount - mixed) ** 2
            self.windows[entity, window] = (count + weight, mixed, np.sqrt(squares / total))
        name = f"{entity}_log_seconds_since_last"
        self.put(name, np.minimum(self.get(name), np.log1p(seconds_ago)))

    def idle(self, entity: str, seconds: Doubles) -> None:
        """Let the entity have been silent for `seconds` (n,)."""
        for window in self.columns.windows:
            count, mean, deviation = self.windows[entity, window]
            kept = np.exp(-seconds / self.columns.window_length(window))
            self.windows[entity, window] = (count * kept, mean, deviation)
        self.put(f"{entity}_log_seconds_since_last", np.log1p(seconds))
        self.put(f"{entity}_log_partners_1d", np.zeros(len(self)))

    def rows(self) -> Floats:
        """Return raw features (n, d) with all that follows from what was changed."""
        after = np.log1p(self.amount)
        self.put("log_amount", after)
        for (entity, window), profile in self.windows.items():
            self._write(entity, window, after, *profile)
        self._follow_category(after)
        return self.X

    def _read(self, entity: str, window: str) -> tuple[Doubles, Doubles, Doubles]:
        count = np.expm1(self.get(f"{entity}_log_count_{window}"))
        trust = np.maximum(_trust(count), 1e-6)
        known = count > 1e-3  # with less history ratio and deviation are nothing, and so is what they tell
        log_mean = self.before - np.where(known, self.get(f"{entity}_ratio_{window}") / trust, 0.0)
        mean = np.expm1(np.clip(log_mean, 0.0, 15.0))
        distance = np.where(known, self.get(f"{entity}_deviation_{window}") / trust, 0.0)
        apart = (
            np.abs(distance) > 0.02
        )  # closer to the mean the deviation is lost: the usual half of the mean
        sinh = np.sinh(np.where(apart, np.clip(distance, -20, 20), 1.0))
        deviation = np.where(apart, (self.amount - mean) / sinh - _FLOOR, 0.5 * mean)
        return count, mean, np.clip(deviation, 0.0, 10 * mean + 10)

    def _write(
        self, entity: str, window: str, after: Doubles, count: Doubles, mean: Doubles, deviation: Doubles
    ) -> None:
        trust, log_mean = _trust(count), np.log1p(mean)
        distance = np.arcsinh((self.amount - mean) / (deviation + _FLOOR))
        self.put(f"{entity}_log_count_{window}", np.log1p(count))
        self.put(f"{entity}_log_mean_{window}", np.where(count > 1e-3, log_mean, 0.0))
        self.put(f"{entity}_deviation_{window}", trust * distance)
        self.put(f"{entity}_ratio_{window}", trust * (after - log_mean))

    def _follow_category(self, after: Doubles) -> None:
        entity = self.columns.entities[0] if self.columns.entities else ""
        count = np.expm1(self.get(f"{entity}_log_category_count_30d"))
        ratio = self.get(f"{entity}_category_ratio_30d") + _trust(count) * (after - self.before)
        self.put(f"{entity}_category_ratio_30d", ratio)


def _trust(count: Doubles) -> Doubles:
    return count / (count + _DOUBT)
