"""Suppressions that people ask for: one entry each, which holds one rule."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

import msgspec

from contracts.card_numbers import mask_card_numbers
from contracts.undecodable import UNDECODABLE
from control.rules import EVERY, Effect, Finite, Rule

SUPPRESSION_PREFIX: Final = "suppression/"


class SuppressionError(ValueError):
    """A suppression that cannot be used."""


class Suppression(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is silenced, and until when.

    Attributes:
        entity: Kind of the entity; empty for all entities.
        key: Key of the entity; empty for all entities.
        scorer: Base, detector or `rule/ID`; empty for all scorers of the entity, which leaves rules alone.
        until: Event time from which it ends, seconds since 1970; None for never.
    """

    entity: Annotated[str, msgspec.Meta(max_length=64)] = ""
    key: Annotated[str, msgspec.Meta(max_length=256)] = ""
    scorer: Annotated[str, msgspec.Meta(max_length=128)] = ""
    until: Finite | None = None

    @property
    def id(self) -> str:
        """Id of its entry; asking for the same again changes the end."""
        named = "\0".join((self.entity, self.key, self.scorer))
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    @property
    def rule(self) -> Rule:
        """The rule that its entry holds."""
        entity, key = self.entity or EVERY, self.key or EVERY
        return Rule(entity, key, Effect.SUPPRESS, until=self.until, scorer=self.scorer or None)


def read_suppression(text: str) -> Suppression:
    """Decode and check a suppression.

    Raises:
        SuppressionError: It is no JSON of this form, or does not say what to silence, or until when.
    """
    try:
        found = msgspec.json.decode(text, type=Suppression)
    except UNDECODABLE as error:
        raise SuppressionError(f"the suppression cannot be read: {error}") from None
    if bool(found.entity) != bool(found.key):
        raise SuppressionError("a suppression names both kind and key of an entity, or neither")
    if not found.entity and not (found.scorer and found.until is not None):
        raise SuppressionError(
            "a suppression for all entities names a scorer and an end; use `rules mode` or "
            "`retire` to stop one for good"
        )
    if mask_card_numbers(found.key) != found.key:
        raise SuppressionError("the key is a card number; use the card's token")
    return found
