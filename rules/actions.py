"""What a written rule does where its condition is true, and the fields that each action needs."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Protocol

import msgspec

from rules.errors import RuleError
from rules.lists.definition import check_list_name

Mark = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,31})?\Z")]
"""A tag or a queue: up to 32 of a to z, 0 to 9, - and _; empty for none."""
Lasting = Annotated[str, msgspec.Meta(pattern=r"^([1-9][0-9]{0,3}[mhd])?\Z")]
"""A time such as `30m`, `12h` or `7d`; empty for none."""
MOST_RAISED: Final = 3.0
"""Surprise that one rule, and all rules together, add or take away: a thousand times as rare."""
_SECONDS: Final = {"m": 60.0, "h": 3_600.0, "d": 86_400.0}


class Action(StrEnum):
    """What a rule does; of two rules of one order that decide, the stricter counts."""

    APPROVE = "approve"
    REVIEW = "review"
    DECLINE = "decline"
    RAISE = "raise"
    """Add to the surprise, before the threshold is asked."""
    LOWER = "lower"
    """Take away from the surprise, before the threshold is asked."""
    TAG = "tag"
    """Put a tag on the score, and on the alert if there is one."""
    QUEUE = "queue"
    """Route the alert, if there is one, to a queue."""
    ADD_TO_LIST = "add_to_list"
    """Put an entity of the transaction on a named list for a time."""


STRICTEST_FIRST: Final = (Action.DECLINE, Action.REVIEW, Action.APPROVE)
SHIFTING: Final = (Action.RAISE, Action.LOWER)
"""Actions that change the surprise. Rules with them are evaluated before all others."""
MARKING: Final = (Action.TAG, Action.QUEUE, Action.ADD_TO_LIST)
"""Actions that change no decision."""
GROUPS: Final = (SHIFTING, STRICTEST_FIRST, MARKING)
"""Actions in the order in which they count."""
_NEEDED: Final = {
    Action.RAISE: ("by",),
    Action.LOWER: ("by",),
    Action.TAG: ("tag",),
    Action.QUEUE: ("queue",),
    Action.ADD_TO_LIST: ("to_list", "entity", "lasting"),
}
"""The fields that an action needs; they are empty for all others."""
_ALLOWED: Final = {
    "by": f", a surprise over 0 to {MOST_RAISED:g}",
    "tag": ", such as gift-cards",
    "queue": ", such as travel-team",
    "to_list": ", the name of a list",
    "entity": ", such as card or merchant",
    "lasting": ", such as 30m, 12h or 7d",
}


class _Fields(Protocol):
    """A definition, as far as its action is concerned."""

    @property
    def action(self) -> Action:
        """What it does."""

    @property
    def to_list(self) -> str:
        """The list that it adds to."""


def check_own_fields(definition: _Fields) -> None:
    """Check that the fields of the action are there, and none of other actions. Raises RuleError."""
    needed = _NEEDED.get(definition.action, ())
    for name, allowed in _ALLOWED.items():
        value = getattr(definition, name)
        if name in needed and not value:
            raise RuleError(f"the action {definition.action} needs the field {name}{allowed}")
        if name not in needed and value:
            with_it = " and ".join(action for action, fields in _NEEDED.items() if name in fields)
            raise RuleError(f"the action {definition.action} has no field {name}; it belongs to {with_it}")
    if definition.to_list:
        check_list_name(definition.to_list)


def seconds_of(lasting: str) -> float:
    """Return the seconds of a time as rules have it; 0 for an empty one.

    >>> seconds_of("7d")
    604800.0
    """
    found = re.fullmatch(r"([0-9]+)([mhd])", lasting)
    return float(found[1]) * _SECONDS[found[2]] if found else 0.0
