"""Counts the rows of a file that cannot be read, by reason, and keeps examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SHOWN = 3
"""Examples of a reason."""


@dataclass
class Refusals:
    """What was refused so far.

    Attributes:
        counts: Rows by reason.
        examples: Row and value of the first ones by reason.

    Example:
        >>> refusals = Refusals()
        >>> refusals.note("amount: a number is needed", ["row 7 'many'", "row 9 None"], 2)
        >>> list(refusals.lines())
        ["2 rows refused: amount: a number is needed (row 7 'many', row 9 None)"]
    """

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Rows refused."""
        return self.counts.total()

    def note(self, reason: str, shown: list[str], rows: int) -> None:
        """Count rows.

        Args:
            reason: Why; the same words for the same reason.
            shown: What names the first of these rows.
            rows: Number of rows.
        """
        self.counts[reason] += rows
        kept = self.examples.setdefault(reason, [])
        kept += shown[: SHOWN - len(kept)]

    def note_rows(self, reason: str, file: str, numbers: NDArray[np.int64]) -> None:
        """Count rows by their numbers in a file, without their values."""
        if len(numbers):
            shown = [f"{file} row {number}" for number in numbers[:SHOWN].tolist()]
            self.note(reason, shown, len(numbers))

    def lines(self) -> Iterator[str]:
        """Yield a line on each reason, the most frequent first."""
        for reason, rows in self.counts.most_common():
            yield f"{rows:,} rows refused: {reason} ({', '.join(self.examples[reason])})"
