"""Queries that define a pattern without a column: `amount > 220 and category = "5967"`.

Names are meanings of the mapping (amount, category, channel, an entity) or columns of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from replay.mapping import Mapping, WrongMapping
from replay.values import numbers, texts

_CONDITION = re.compile(
    r"""\s*(?P<name>"[^"]+"|[\w.:-]+)\s*(?P<sign><=|>=|!=|==|=|<|>)\s*(?P<value>.+?)\s*"""
)
_ORDER = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_EQUAL = {"=": pc.equal, "==": pc.equal, "!=": pc.not_equal}


@dataclass(frozen=True)
class Condition:
    """A column, a sign, and the value that the column is compared with."""

    column: str
    sign: str
    value: str


@dataclass(frozen=True)
class Query:
    """Conditions that must all hold; `text` is the query as written, and names the pattern."""

    text: str
    conditions: tuple[Condition, ...]

    @classmethod
    def parse(cls, text: str, mapping: Mapping, columns: list[str]) -> Query:
        """Read a query.

        Raises:
            WrongMapping: the query cannot be read, or names no column.
        """
        return cls(text, tuple(_condition(part, mapping, columns) for part in re.split(r"\s+and\s+", text)))

    @property
    def columns(self) -> list[str]:
        """Columns that the query reads."""
        return [condition.column for condition in self.conditions]

    def holds(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        """Return whether all conditions hold, bool (n,); with a missing value they do not."""
        out = np.ones(batch.num_rows, bool)
        for condition in self.conditions:
            out &= _holds(batch[condition.column], condition)
        return out


def is_query(text: str) -> bool:
    """Return whether a text is a query and no name of a pattern."""
    return all(_CONDITION.fullmatch(part) for part in re.split(r"\s+and\s+", text))


def _condition(text: str, mapping: Mapping, columns: list[str]) -> Condition:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise WrongMapping(
            f"pattern {text!r}: a query is NAME SIGN VALUE, joined by and; signs are = != < <= > >="
        )
    name = found["name"].strip('"')
    meanings = mapping.columns() | {entity.name: entity.column for entity in mapping.entities}
    column = meanings.get(name, name)
    if column not in columns:
        known = ", ".join(dict.fromkeys([*meanings, *columns]))
        raise WrongMapping(f"pattern {text!r}: there is no {name!r}; known are {known}")
    value = found["value"].strip("\"'")
    if found["sign"] in _ORDER and not _is_number(value):
        raise WrongMapping(f"pattern {text!r}: {value!r} is no number, which {found['sign']} needs")
    return Condition(column, found["sign"], value)


def _holds(column: pa.Array, condition: Condition) -> NDArray[np.bool_]:
    if condition.sign in _ORDER:
        # A missing value is NaN, which is on neither side.
        return np.asarray(_ORDER[condition.sign](numbers(column), float(condition.value)))
    told = _EQUAL[condition.sign](texts(column), condition.value)
    return np.asarray(pc.fill_null(told, False).to_numpy(zero_copy_only=False))


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
