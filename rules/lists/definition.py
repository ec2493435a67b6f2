"""What a named list is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from contracts.card_numbers import mask_card_numbers
from contracts.undecodable import UNDECODABLE
from rules.errors import RuleError

LIST_PREFIX: Final = "list/"
"""How a list is named among control entries: `list/NAME`."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_WORDS: Final = ("in", "true", "false")  # of the rule language


class Use(StrEnum):
    """What follows for the transactions of an entity that is on the list."""

    ALLOW = "allow"
    """They are approved with any score."""
    BLOCK = "block"
    """They are declined."""
    WATCH = "watch"
    """Only rules that name the list, and alerts, see it."""


class ListDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What people say about a list.

    Attributes:
        use: What follows for those on it.
        of: Kind of the entities whose ids it holds, such as `merchant`; empty for ids of any kind, which
            only a watch list may hold.
        owner: Who answers for it.
        note: What it is for.
    """

    use: Use = Use.WATCH
    of: Annotated[str, msgspec.Meta(max_length=31)] = ""
    owner: Annotated[str, msgspec.Meta(max_length=128)] = ""
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


@dataclass(frozen=True)
class ListLimits:
    """How much lists may hold.

    Attributes:
        most_lists: Lists at once.
        most_values: Values of one list.
        added_a_minute: Values that rules may add to one list in any 60 s.
    """

    most_lists: int = 100
    most_values: int = 1_000_000
    added_a_minute: int = 100


DEFAULT_LIMITS: Final = ListLimits()


def check_list_name(name: str) -> None:
    """Check the name of a list. Raises RuleError."""
    if not _NAME.fullmatch(name) or name in _WORDS:
        raise RuleError(
            f"the list name {name!r}; allowed are 1 to 48 characters: a to z, 0 to 9 and _, first a letter, "
            f"and none of {', '.join(_WORDS)}"
        )


def check_list(definition: ListDefinition) -> None:
    """Check what the types do not say. Raises RuleError."""
    if definition.use is not Use.WATCH and not definition.of:
        raise RuleError(f"a list to {definition.use} needs the kind of entity that it holds, such as card")
    for text in (definition.owner, definition.note):
        if mask_card_numbers(text) != text:
            raise RuleError("the list's note or owner holds a card number; leave it out")


def read_list(data: bytes) -> ListDefinition:
    """Decode a definition from JSON.

    Raises:
        RuleError: It is no JSON of this form, or a value is out of its range.
    """
    try:
        definition = msgspec.json.decode(data, type=ListDefinition)
    except UNDECODABLE as error:
        raise RuleError(f"the list cannot be read: {error}") from None
    check_list(definition)
    return definition
