"""An expression whose names are bound and whose types are known: what is compiled and evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """The type of an expression; messages show it."""

    NUMBER = "a number"
    TRUTH = "true or false"
    TIME = "a time"
    KEY = "the id of an entity"
    CATEGORY = "a category"
    CURRENCY = "a currency"


class Unit(StrEnum):
    """How a feature becomes the number that people know."""

    RAW = "as it is"
    COUNT = "expm1, four decimals"
    TIMES = "exp, four decimals"
    DEVIATIONS = "sinh, four decimals"
    HOURS = "hours of a novelty, four decimals"


@dataclass(frozen=True)
class Field:
    """A column of the batch: `amount`, `time`, `category`, `currency`, `surprise` or `risk`."""

    name: str


@dataclass(frozen=True)
class Feature:
    """A column of the feature vector, in natural units."""

    column: int
    unit: Unit


@dataclass(frozen=True)
class Link:
    """Different partners of an entity in 7 days: a column of the links, by the entity's place."""

    column: int


@dataclass(frozen=True)
class Frauds:
    """Confirmed frauds of an entity, by its place; the most of all entities where the place is None."""

    column: int | None


@dataclass(frozen=True)
class LocalTime:
    """The event time on the clocks of a time zone, in seconds."""

    zone: str


@dataclass(frozen=True)
class Surprise:
    """Surprise of one scorer alone: 0 is the base, then the detectors; its shift is included."""

    scorer: int


@dataclass(frozen=True)
class KeyIs:
    """Whether the key of an entity is this string; an absent key is no string."""

    entity: str
    text: str


@dataclass(frozen=True)
class KeyListed:
    """Whether the key of an entity is on a list, at the event time."""

    entity: str
    name: str


@dataclass(frozen=True)
class Constant:
    """A number; true is 1 and false is 0."""

    value: float


@dataclass(frozen=True)
class Apply:
    """An operation on the values of its arguments; `opcodes.OPERATIONS` has them by name."""

    operation: str
    arguments: tuple[Typed, ...]


def parts_of(node: Typed) -> int:
    """Return the number of operations, inputs and constants of an expression."""
    return 1 + sum(map(parts_of, node.arguments)) if isinstance(node, Apply) else 1


def reads(node: Typed, name: str) -> bool:
    """Return whether an expression reads a field of this name."""
    if node == Field(name):
        return True
    return any(reads(one, name) for one in getattr(node, "arguments", ()))


Input = Field | Feature | Link | Frauds | LocalTime | Surprise | KeyIs | KeyListed
Typed = Input | Constant | Apply
