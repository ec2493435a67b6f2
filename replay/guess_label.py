"""Guesses which columns tell fraud from genuine, from all rows of a file."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from replay.table import TableFile
from replay.values import texts

_MOST_VALUES = 8  # a column with more is no label
_FRAUD = {
    "1", "true", "t", "fraud", "fraudulent", "fraudster", "yes", "y", "f", "chargeback", "bad", "illicit",
    "confirmed", "confirmedfraud", "disputed",
}  # fmt: skip
_GENUINE = {
    "0", "-1", "false", "genuine", "legit", "legitimate", "no", "n", "normal", "ok", "good", "licit",
    "nonfraud", "notfraud", "nofraud", "none", "settled", "valid",
}  # fmt: skip
_UNKNOWN = {"unknown", "pending", "open", "na", "nan", "null", "undecided", "suspected"}
_NAME = re.compile(
    r".*fraud.*|label|labels|class|target|y|outcome|verdict|charge_?back.*|disputed?|status", re.IGNORECASE
)


@dataclass(frozen=True)
class LabelGuess:
    """A column that may tell fraud from genuine.

    Attributes:
        column: Name of the column.
        fraud: Values that mean fraud.
        genuine: Values that mean genuine.
        unknown: Values that mean that the label is not known yet.
        sure: Whether every value is a usual one; else the rarer value is taken for fraud.
        counts: Rows of each value, most frequent first.
    """

    column: str
    fraud: tuple[str, ...]
    genuine: tuple[str, ...]
    unknown: tuple[str, ...]
    sure: bool
    counts: tuple[tuple[str, int], ...]

    def lines(self, pattern: str | None) -> list[str]:
        """Return the section of the mapping."""
        seen = ", ".join(f"{value!r} in {rows:,} rows" for value, rows in self.counts)
        return [
            "[label]",
            f"column = {json.dumps(self.column)}  # {'' if self.sure else 'guess: '}{seen}",
            f"fraud = {_list(self.fraud)}{'' if self.sure else '  # guess: the rarer value'}",
            f"genuine = {_list(self.genuine)}",
            *([f"unknown = {_list(self.unknown)}"] if self.unknown else []),
            *([f"pattern = {json.dumps(pattern)}"] if pattern else []),
        ]


def label_guesses(table: TableFile, columns: list[str]) -> list[LabelGuess]:
    """Return the columns that may be labels, the likeliest first. Reads all rows of columns that qualify."""
    named = [column for column in columns if _NAME.fullmatch(column)]
    counts = _counts(table, named)
    found = [guess for column in named if (guess := _guess(column, counts[column]))]
    return sorted(found, key=lambda guess: (not guess.sure, not guess.fraud, "flag" in guess.column.lower()))


def _counts(table: TableFile, columns: list[str]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {column: Counter() for column in columns}
    for part in table.parts(columns) if columns else ():
        for column in columns:
            if len(counts[column]) <= _MOST_VALUES and not pa.types.is_nested(part[column].type):
                for pair in pc.value_counts(texts(part[column]).drop_null()).to_pylist():
                    counts[column][pair["values"]] += pair["counts"]
    return counts


def _guess(column: str, counts: Counter[str]) -> LabelGuess | None:
    if not 0 < len(counts) <= _MOST_VALUES:
        return None
    plain = {value: re.sub(r"[^a-z0-9-]|(?<=.)-", "", value.lower()) for value in counts}
    fraud = tuple(v for v in counts if plain[v] in _FRAUD)
    genuine = tuple(v for v in counts if plain[v] in _GENUINE)
    unknown = tuple(v for v in counts if plain[v] in _UNKNOWN)
    sure = len(fraud) + len(genuine) + len(unknown) == len(counts)
    if not sure:
        known = [value for value, _ in counts.most_common() if value not in unknown]
        if len(known) != 2:
            return None
        genuine, fraud = (known[0],), (known[1],)
    return LabelGuess(column, fraud or ("1",), genuine, unknown, sure, tuple(counts.most_common()))


def _list(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False)
