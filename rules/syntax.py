"""The syntax tree of an expression. Every node has the column where it begins, from 1."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number, such as `500` or `2.5`."""

    value: float
    column: int


@dataclass(frozen=True)
class Text:
    """A string in quotes."""

    value: str
    column: int


@dataclass(frozen=True)
class Truth:
    """`true` or `false`."""

    value: bool
    column: int


@dataclass(frozen=True)
class Name:
    """A name with dots, such as `card.count_1h`; `key` is the string in its brackets, if any.

    >>> Name(("episode", "surprise"), 1, "gifts").words
    'episode["gifts"].surprise'
    """

    path: tuple[str, ...]
    column: int
    key: str | None = None

    @property
    def words(self) -> str:
        """Return the name as it is written."""
        first, *rest = self.path
        bracket = "" if self.key is None else f'["{self.key}"]'
        return ".".join([first + bracket, *rest])


@dataclass(frozen=True)
class Listed:
    """Strings or numbers in brackets, on the right of `in`."""

    items: tuple[Number | Text, ...]
    column: int


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple[Node, ...]
    column: int


@dataclass(frozen=True)
class Operation:
    """An operator and its operands: one for `!` and `-`, three for `?:`, else two or more."""

    operator: str
    operands: tuple[Node, ...]
    column: int


Node = Number | Text | Truth | Name | Listed | Call | Operation
