"""A written rule as it is saved: a condition, what follows from it, and when it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final

import msgspec

from contracts.card_numbers import mask_card_numbers
from contracts.undecodable import UNDECODABLE
from rules.actions import GROUPS, MOST_RAISED, Action, Lasting, Mark, check_own_fields
from rules.errors import RuleError
from rules.local_time import check_zone
from rules.parsing import MOST_CHARACTERS, parse
from rules.syntax import Node

RULE_PREFIX: Final = "rule/"
"""How a rule is named where scorers are named: `rule/ID`."""
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
Seconds = Annotated[float, msgspec.Meta(gt=-1e12, lt=1e12)]


class Mode(StrEnum):
    """Whether a rule counts."""

    OFF = "off"
    """It is kept, and not evaluated."""
    SHADOW = "shadow"
    """Its matches are recorded, and decide nothing."""
    LIVE = "live"
    """It decides."""


class RuleDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What people write.

    Attributes:
        condition: An expression, see docs/rules.md.
        action: What a live rule decides where the condition is true.
        mode: Whether it counts.
        order: Rules of a lower number decide first, 0 to 1,000,000.
        percent: Of a live rule: percent of the cards that it decides about, over 0 to 100.
        zone: Time zone of `local_time`.
        start: Event time from which it counts, seconds since 1970; None for always.
        end: Event time from which it no longer counts; None for never.
        owner: Who answers for it.
        note: What it is for; alerts show it.
        by: Surprise that `raise` adds and `lower` takes away, over 0 to `MOST_RAISED`.
        tag: The tag that `tag` puts on a transaction.
        queue: The queue that `queue` routes an alert to.
        to_list: The named list that `add_to_list` adds to.
        entity: Kind of the entity that it adds, such as `card`.
        lasting: How long the entity stays there, by event time, such as `7d`.
    """

    condition: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]
    action: Action
    mode: Mode = Mode.SHADOW
    order: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 100
    percent: Annotated[float, msgspec.Meta(gt=0, le=100)] = 100.0
    zone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    start: Seconds | None = None
    end: Seconds | None = None
    owner: Annotated[str, msgspec.Meta(max_length=128)] = ""
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    by: Annotated[float, msgspec.Meta(ge=0, le=MOST_RAISED)] = 0.0
    tag: Mark = ""
    queue: Mark = ""
    to_list: Annotated[str, msgspec.Meta(max_length=48)] = ""
    entity: Annotated[str, msgspec.Meta(max_length=31)] = ""
    lasting: Lasting = ""

    @property
    def effect(self) -> str:
        """Return the action with its amount, tag, queue or list.

        >>> RuleDefinition("night", Action.RAISE, by=0.5).effect
        'raise by 0.5'
        """
        if self.action is Action.ADD_TO_LIST:
            return f"add {self.entity} to {self.to_list} for {self.lasting}"
        amount = f" by {self.by:g}" if self.by else ""
        return f"{self.action}{amount}{' ' if self.tag or self.queue else ''}{self.tag or self.queue}"

    @property
    def shift(self) -> float:
        """Return the surprise that the rule adds; negative for one that lowers it."""
        return -self.by if self.action is Action.LOWER else self.by

    @property
    def words(self) -> str:
        """Return what alerts show: the note, or the condition without one."""
        return self.note or self.condition

    def released_as(self, other: RuleDefinition) -> bool:
        """Return whether `other` decides the same: only mode, percent, owner and note may differ."""
        same = {"mode": self.mode, "percent": self.percent, "owner": self.owner, "note": self.note}
        return msgspec.structs.replace(other, **same) == self


@dataclass(frozen=True)
class WrittenRule:
    """A rule whose condition has been read.

    Attributes:
        id: Its id.
        definition: As it was saved.
        tree: Its condition.
    """

    id: str
    definition: RuleDefinition
    tree: Node

    @property
    def name(self) -> str:
        """Return its name among scorers."""
        return RULE_PREFIX + self.id

    @property
    def place(self) -> tuple[int, int, int, str]:
        """Return what rules are sorted by: of those that match and decide, the first decides."""
        action = self.definition.action
        group = next(place for place, actions in enumerate(GROUPS) if action in actions)
        return group, self.definition.order, GROUPS[group].index(action), self.id


def check_id(identity: str) -> None:
    """Check the id of a rule. Raises RuleError."""
    if not _ID.fullmatch(identity):
        raise RuleError(
            f"the id {identity!r}; allowed are 1 to 64 characters: a to z, 0 to 9, - and _, not first - or _"
        )


def read_definition(data: bytes) -> RuleDefinition:
    """Decode a definition from JSON.

    Raises:
        RuleError: It is no JSON of this form, a value is out of its range, or it holds a card number.
    """
    try:
        definition = msgspec.json.decode(data, type=RuleDefinition)
    except UNDECODABLE as error:
        raise RuleError(f"the rule cannot be read: {error}") from None
    check_definition(definition)
    return definition


def merged(data: bytes, held: RuleDefinition | None) -> bytes:
    """Return a definition in full: what `data` leaves out is as in `held`, where it has no condition.

    Args:
        data: JSON of a definition, or of some of its fields.
        held: The rule in force; None without one.

    Raises:
        RuleError: It is no JSON object, or there is no rule whose fields could be changed.
    """
    try:
        fields = msgspec.json.decode(data, type=dict[str, object])
    except UNDECODABLE as error:
        raise RuleError(f"the rule cannot be read: {error}") from None
    if "condition" in fields:
        return data
    if held is None:
        raise RuleError("there is no such rule to change; a new one needs condition and action")
    return msgspec.json.encode(msgspec.to_builtins(held) | fields)


def check_definition(definition: RuleDefinition) -> None:
    """Check what the types do not say: zone, times, text and the action's own fields. Raises RuleError."""
    check_zone(definition.zone)
    check_own_fields(definition)
    if definition.start is not None and definition.end is not None and definition.end <= definition.start:
        raise RuleError("the rule ends before it starts; end must be later than start")
    for text in (definition.condition, definition.note, definition.owner):
        if mask_card_numbers(text) != text:
            raise RuleError("the rule holds a card number, and rules are kept for ever; use the card's token")


def definition_to_bytes(definition: RuleDefinition) -> bytes:
    """Return a definition as JSON."""
    return msgspec.json.encode(definition)


def read_rule(identity: str, data: bytes) -> WrittenRule:
    """Return a rule with its condition read.

    Args:
        identity: Its id.
        data: Its definition, as `definition_to_bytes` returns it.

    Raises:
        RuleError: It cannot be read; the message says where and why.
    """
    check_id(identity)
    definition = read_definition(data)
    return WrittenRule(identity, definition, _parsed(definition.condition))


_parsed = lru_cache(maxsize=4_096)(parse)
"""Entries are loaded again for history and rollback; reading a condition takes about a millisecond."""
