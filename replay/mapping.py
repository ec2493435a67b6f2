"""The mapping: a TOML file that names the column of each meaning, checked against the columns of a file."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from replay.table import ROW

OWN_FIELDS = ("id", "time", "amount", "currency", "category", "channel")
BUNDLED = Path(__file__).parent / "mappings"

LabelValue = int | str | bool


class WrongMapping(ValueError):
    """The mapping cannot be read or does not fit the file. The message names the key and what is allowed."""


class EntityColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name of an entity in the settings, and the column of its keys."""

    name: str
    column: str


def entity_meaning(entity: str) -> str:
    """Return the key under which `Mapping.columns` lists the column of an entity's keys.

    >>> entity_meaning("card")
    'entity:card'
    """
    return f"entity:{entity}"


class LabelColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The column that tells fraud from genuine.

    A missing value means that the label is not known yet. A value outside of the three groups is an error
    when the file is replayed.

    Attributes:
        column: Name of the column.
        also: Further columns with the same values; a row is fraud if any of its columns says so.
        fraud: Values that mean fraud.
        genuine: Values that mean genuine.
        unknown: Values that mean that the label is not known yet.
        pattern: Column that names the kind of fraud.
        families: Names for groups of values of `pattern`; without it each value is a family of its own.
    """

    column: str
    also: tuple[str, ...] = ()
    fraud: tuple[LabelValue, ...] = (1,)
    genuine: tuple[LabelValue, ...] = (0,)
    unknown: tuple[LabelValue, ...] = ()
    pattern: str | None = None
    families: dict[str, tuple[LabelValue, ...]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that tell fraud from genuine."""
        return (self.column, *self.also)


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns of a file by meaning. The first entity is the primary one; there may be none.

    Attributes:
        id: Column of ids; `#row` numbers the rows of a file without ids.
        time_unit: Unit of numbers in the time column.
        time_start: Moment that numbers count from; 1970 where not given.
        time_of_day: Column of the time of day, where the time column holds dates only.
        time_format: Format of texts in the time column, as strptime defines it; ISO 8601 where not given.
            With `time_of_day`, the format of date, space and time of day.
        time_zone: Zone of times that name none, such as Europe/Berlin; UTC where not given.
        numeric: Further columns of numbers that become features.
        categorical: Further columns of texts that become features.
    """

    id: str
    time: str
    amount: str
    entities: tuple[EntityColumn, ...] = ()
    currency: str | None = None
    category: str | None = None
    channel: str | None = None
    label: LabelColumn | None = None
    time_unit: Literal["s", "ms", "us", "minutes", "hours", "days"] = "s"
    time_start: datetime | None = None
    time_of_day: str | None = None
    time_format: str | None = None
    time_zone: str | None = None
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.time_zone is not None:
            try:
                ZoneInfo(self.time_zone)
            except (ValueError, OSError, KeyError):  # a KeyError is an unknown zone
                raise ValueError(f"time_zone {self.time_zone!r} is no zone such as Europe/Berlin") from None

    @property
    def time_columns(self) -> tuple[str, ...]:
        """The columns that the event time is read from."""
        return (self.time,) if self.time_of_day is None else (self.time, self.time_of_day)

    def columns(self) -> dict[str, str]:
        """Return the column of each meaning of a transaction: id, time, ..., entity:<name>."""
        named = {name: getattr(self, name) for name in OWN_FIELDS}
        entities = {entity_meaning(entity.name): entity.column for entity in self.entities}
        return {meaning: column for meaning, column in named.items() if column} | entities

    def every_column(self) -> dict[str, str]:
        """Return `columns` with the columns of the label and of further features."""
        label = {"label": self.label.column} if self.label else {}
        label |= {f"label.also:{c}": c for c in self.label.also} if self.label else {}
        time_of_day = {"time_of_day": self.time_of_day} if self.time_of_day else {}
        if self.label and self.label.pattern:
            label["label.pattern"] = self.label.pattern
        further = {f"numeric:{c}": c for c in self.numeric} | {
            f"categorical:{c}": c for c in self.categorical
        }
        return self.columns() | time_of_day | label | further

    def check(self, present: Sequence[str], where: str) -> None:
        """Check that every column of a transaction is present.

        Raises:
            WrongMapping: a column is missing.
        """
        time_of_day = {"time_of_day": self.time_of_day} if self.time_of_day else {}
        _check(self.columns() | time_of_day, present, where)

    def check_all(self, present: Sequence[str], where: str) -> None:
        """Check that every column is present, with the columns of label and features.

        Raises:
            WrongMapping: a column is missing.
        """
        _check(self.every_column(), present, where)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        WrongMapping: the file cannot be read; the message names the key and what is allowed.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Mapping)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise WrongMapping(f"mapping {path}: {error}") from None


def bundled_for(present: Sequence[str]) -> Mapping | None:
    """Return the first bundled mapping whose columns are all present; None where none fits."""
    for path in sorted(BUNDLED.glob("*.toml")):
        mapping = read_mapping(path)
        if set(mapping.columns().values()) <= set(present):
            return mapping
    return None


def _check(wanted: dict[str, str], present: Sequence[str], where: str) -> None:
    missing = {meaning: column for meaning, column in wanted.items() if column not in (ROW, *present)}
    if missing:
        lines = ", ".join(f"{meaning} = {column!r}" for meaning, column in missing.items())
        raise WrongMapping(f"{where} lacks the columns of {lines}. Columns there: {', '.join(present)}")
