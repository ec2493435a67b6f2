"""The decision policy as it is saved: segments in their order, and two bounds for each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final

import msgspec

from contracts.card_numbers import mask_card_numbers
from contracts.undecodable import UNDECODABLE
from rules.actions import Action
from rules.definition import Mode, RuleDefinition, WrittenRule
from rules.errors import RuleError
from rules.local_time import check_zone
from rules.parsing import MOST_CHARACTERS, parse

MOST_SEGMENTS: Final = 100
MOST_SURPRISE: Final = 12.0
"""The largest surprise, as `meta.calibration.CEILING`."""
OTHERWISE: Final = "otherwise"
"""Name of the segment of all transactions that no condition matches."""
Bound = Annotated[float, msgspec.Meta(ge=0, le=MOST_SURPRISE)]


class Bounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a surprise leads to.

    Attributes:
        review_from: Least surprise that is reviewed; None for the threshold that the budget steers.
        decline_from: Least surprise at which what would be reviewed is declined; None for never.
    """

    review_from: Bound | None = None
    decline_from: Bound | None = None


class Segment(Bounds, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A part of the traffic, with bounds of its own.

    Attributes:
        name: Name that alerts show.
        when: Condition in the language of written rules, see docs/rules.md.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    when: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]


class DecisionPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What people write.

    Attributes:
        segments: Segments; the first whose condition is true counts.
        otherwise: Bounds of all other transactions.
        zone: Time zone of `local_time` in conditions.
        note: What it is for.
    """

    segments: Annotated[tuple[Segment, ...], msgspec.Meta(max_length=MOST_SEGMENTS)] = ()
    otherwise: Bounds = Bounds()
    zone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""

    def named(self) -> Iterator[tuple[str, Bounds]]:
        """Yield name and bounds of each segment, `otherwise` last."""
        for one in self.segments:
            yield one.name, one
        yield OTHERWISE, self.otherwise


@dataclass(frozen=True)
class ReadPolicy:
    """A decision policy whose conditions have been read.

    Attributes:
        definition: As it was saved.
        conditions: Condition of each segment, as a rule whose order is the place of the segment.
    """

    definition: DecisionPolicy
    conditions: tuple[WrittenRule, ...]


def policy_to_bytes(policy: DecisionPolicy) -> bytes:
    """Return a policy as JSON."""
    return msgspec.json.encode(policy)


def read_policy(data: bytes) -> ReadPolicy:
    """Return a policy with its conditions read; names are not bound yet.

    Args:
        data: JSON of a `DecisionPolicy`.

    Raises:
        RuleError: It cannot be read; the message names the segment, the place and what is allowed.
    """
    try:
        policy = msgspec.json.decode(data, type=DecisionPolicy)
    except UNDECODABLE as error:
        raise RuleError(f"the policy cannot be read: {error}") from None
    check_zone(policy.zone)
    _check_names(policy)
    for name, bounds in policy.named():
        _check_bounds(name, bounds)
    for text in (policy.note, *(text for one in policy.segments for text in (one.name, one.when))):
        if mask_card_numbers(text) != text:
            raise RuleError("the policy holds a card number, and it is kept for ever; use the card's token")
    return ReadPolicy(policy, tuple(_condition(at, one, policy) for at, one in enumerate(policy.segments)))


def surprise_of(share: float) -> float:
    """Return the surprise that this share of genuine traffic exceeds, over 0 to 1.

    >>> surprise_of(0.001)
    3.0
    """
    return min(-math.log10(share), MOST_SURPRISE) + 0.0


def _check_names(policy: DecisionPolicy) -> None:
    seen = {OTHERWISE}
    for one in policy.segments:
        if one.name in seen:
            raise RuleError(
                f"two segments are named {one.name!r}; each needs a name of its own, not {OTHERWISE!r}"
            )
        seen.add(one.name)


def _check_bounds(name: str, bounds: Bounds) -> None:
    review, decline = bounds.review_from, bounds.decline_from
    if review is not None and decline is not None and decline < review:
        raise RuleError(
            f"segment {name!r}: declines from surprise {decline:g} and reviews from {review:g}; "
            "decline_from must be at least review_from"
        )


def _condition(at: int, segment: Segment, policy: DecisionPolicy) -> WrittenRule:
    try:
        tree = _parsed(segment.when)
    except RuleError as error:
        where = error.excerpt(segment.when) if error.column else str(error)
        raise RuleError(f"segment {segment.name!r}: {where}") from None
    definition = RuleDefinition(segment.when, Action.REVIEW, Mode.LIVE, at, zone=policy.zone)
    return WrittenRule(f"segment-{at}", definition, tree)


_parsed = lru_cache(maxsize=1_024)(parse)
"""Entries are loaded again for history and rollback; reading a condition takes about a millisecond."""
