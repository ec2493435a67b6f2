"""Which column of a file means what: a small TOML file, checked against the file's columns."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

OWN_FIELDS = ("id", "time", "amount", "currency", "category", "channel")
BUNDLED = Path(__file__).parent / "mappings"


class WrongMapping(ValueError):
    """The mapping cannot be read, or does not fit the file; says what, where and what is allowed."""


class EntityColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entity by its name in the settings, and the column of its keys."""

    name: str
    column: str


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which column tells fraud from genuine; every other value means that nobody knows yet.

    Attributes:
        pattern: column that names the kind of fraud, where there is one.
    """

    column: str
    fraud: tuple[int | str | bool, ...] = (1,)
    genuine: tuple[int | str | bool, ...] = (0,)
    pattern: str | None = None


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns of a file by meaning. The first entity is the primary one."""

    id: str
    time: str
    amount: str
    entities: tuple[EntityColumn, ...]
    currency: str | None = None
    category: str | None = None
    channel: str | None = None
    label: Label | None = None

    def columns(self) -> dict[str, str]:
        """The column of each meaning that a transaction carries: id, time, ..., entity:<name>."""
        named = {name: getattr(self, name) for name in OWN_FIELDS}
        entities = {f"entity:{entity.name}": entity.column for entity in self.entities}
        return {meaning: column for meaning, column in named.items() if column} | entities

    def check(self, present: Sequence[str], where: str) -> None:
        """Raise WrongMapping unless every column is there."""
        wanted = self.columns()
        missing = {meaning: column for meaning, column in wanted.items() if column not in present}
        if missing:
            lines = ", ".join(f"{meaning} = {column!r}" for meaning, column in missing.items())
            raise WrongMapping(f"{where} lacks the columns of {lines}. Columns there: {', '.join(present)}")


def read_mapping(path: Path) -> Mapping:
    """Read a mapping. Raises WrongMapping with file, key and what is allowed."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Mapping)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise WrongMapping(f"mapping {path}: {error}") from None


def bundled_for(present: Sequence[str]) -> Mapping | None:
    """The bundled mapping whose every column is present, if there is one."""
    for path in sorted(BUNDLED.glob("*.toml")):
        mapping = read_mapping(path)
        if set(mapping.columns().values()) <= set(present):
            return mapping
    return None
