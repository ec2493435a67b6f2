"""What the values of a column show: kind, distinct values, range, order and examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from replay.values import numbers, texts

_EXAMPLES = 3
_LONGEST = 24  # characters of an example


@dataclass(frozen=True)
class ColumnEvidence:
    """What the first rows of a file show about a column.

    Attributes:
        name: Name of the column.
        rows: Number of rows looked at.
        distinct: Number of distinct values.
        missing: Number of rows without a value.
        is_number: Whether all values are numbers.
        is_whole: Whether all values are whole numbers.
        low: Smallest number; NaN for other columns.
        high: Largest number; NaN for other columns.
        rising: Whether no number is smaller than the one before.
        examples: Some distinct values.
    """

    name: str
    rows: int
    distinct: int
    missing: int
    is_number: bool
    is_whole: bool
    low: float
    high: float
    rising: bool
    examples: tuple[str, ...]

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.distinct == self.rows and not self.missing

    def words(self) -> str:
        """Return the evidence in a line."""
        parts = [f"{self.distinct:,} distinct in {self.rows:,} rows"]
        if self.is_number:
            parts.append(f"{self.low:g} to {self.high:g}{', never falling' * self.rising}")
        if self.missing:
            parts.append(f"{self.missing:,} missing")
        return "; ".join([*parts, f"such as {', '.join(self.examples)}"])


def evidence(name: str, array: pa.Array) -> ColumnEvidence:
    """Look at the first values of a column (n,)."""
    kind = array.type
    is_whole = bool(pa.types.is_integer(kind))
    is_number = is_whole or bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))
    values = numbers(array) if is_number else np.empty(0)
    known = values[np.isfinite(values)]
    as_text = texts(array) if not pa.types.is_nested(kind) else pa.nulls(len(array), pa.large_string())
    distinct = pc.unique(as_text.drop_null())
    return ColumnEvidence(
        name=name,
        rows=len(array),
        distinct=len(distinct),
        missing=as_text.null_count,
        is_number=is_number and len(known) > 0,
        is_whole=is_whole or (len(known) > 0 and bool(np.all(known == np.floor(known)))),
        low=float(known.min()) if len(known) else float("nan"),
        high=float(known.max()) if len(known) else float("nan"),
        rising=len(known) > 1 and bool(np.all(np.diff(known) >= 0)),
        examples=tuple(_short(value) for value in distinct[:_EXAMPLES].to_pylist()),
    )


def _short(value: str) -> str:
    plain = " ".join(value.split())  # a line break would end the comment
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 3]}..."
