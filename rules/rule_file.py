"""Rules in a YAML file, so that a team can keep them in version control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
import yaml

from contracts.undecodable import UNDECODABLE
from rules.actions import Action
from rules.definition import Mode, RuleDefinition, WrittenRule, definition_to_bytes, read_rule
from rules.errors import RuleError

MOST_BYTES: Final = 4 * 1024 * 1024


class FiledRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule in a file: a `RuleDefinition` with its id, and with times that people read."""

    id: str
    condition: str
    action: Action
    mode: Mode = Mode.SHADOW
    order: int = 100
    percent: float = 100.0
    zone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    owner: str = ""
    note: str = ""
    by: float = 0.0
    tag: str = ""
    queue: str = ""
    to_list: str = ""
    entity: str = ""
    lasting: str = ""


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file."""

    rules: Annotated[list[FiledRule], msgspec.Meta(max_length=10_000)]
    version: int = 1


def read_rule_file(data: bytes) -> list[WrittenRule]:
    """Read rules from YAML.

    Args:
        data: At most `MOST_BYTES`; aliases are refused.

    Returns:
        The rules, with their conditions read; names are not bound yet.

    Raises:
        RuleError: The file or a rule in it cannot be read; the message names the rule.
    """
    if len(data) > MOST_BYTES:
        raise RuleError(f"the file has {len(data):,} bytes, allowed are {MOST_BYTES:,}")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, Loader=yaml.SafeLoader)):
            raise RuleError("the file has YAML aliases (*name); write each rule out")
        filed = msgspec.yaml.decode(data, type=RuleFile)
    except (yaml.YAMLError, *UNDECODABLE) as error:
        raise RuleError(f"the file cannot be read: {error}") from None
    if twice := _twice(one.id for one in filed.rules):
        raise RuleError(f"the rule {twice!r} is there twice")
    return [_written(one) for one in filed.rules]


def write_rule_file(rules: Iterable[WrittenRule]) -> bytes:
    """Return rules as YAML, in the order in which they decide."""
    filed = [_filed(rule) for rule in sorted(rules, key=lambda rule: rule.place)]
    plain = msgspec.to_builtins(RuleFile(filed), builtin_types=(datetime,))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=1_000).encode()


def definitions_of(rules: Iterable[WrittenRule]) -> str:
    """Return definitions by id as JSON, as a request holds many of them."""
    return msgspec.json.encode({"rules": {rule.id: rule.definition for rule in rules}}).decode()


def _written(one: FiledRule) -> WrittenRule:
    fields: Mapping[str, object] = msgspec.structs.asdict(one)
    own = {name: value for name, value in fields.items() if name not in ("id", "start", "end")}
    definition = RuleDefinition(**own, start=_seconds(one.start), end=_seconds(one.end))  # type: ignore[arg-type]
    try:
        return read_rule(one.id, definition_to_bytes(definition))
    except RuleError as error:
        where = f"rule {one.id!r}"
        raise RuleError(f"{where}: {error.excerpt(one.condition) if error.column else error}") from None


def _filed(rule: WrittenRule) -> FiledRule:
    fields = msgspec.structs.asdict(rule.definition)
    fields |= {"start": _moment(rule.definition.start), "end": _moment(rule.definition.end)}
    return FiledRule(id=rule.id, **fields)


def _seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _twice(ids: Iterable[str]) -> str | None:
    seen = set[str]()
    for identity in ids:
        if identity in seen:
            return identity
        seen.add(identity)
    return None
