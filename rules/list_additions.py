"""Rules that put an entity of a transaction on a named list for a time."""

from __future__ import annotations

from rules.actions import Action
from rules.definition import RuleDefinition
from rules.errors import RuleError, unknown
from rules.vocabulary import Vocabulary


def refuse_unfit_list(definition: RuleDefinition, vocabulary: Vocabulary) -> None:
    """Refuse a rule that adds to a list that is not there, or that holds another kind of entity.

    Raises:
        RuleError: The list or the kind of entity is unknown, or they do not fit.
    """
    if definition.action is not Action.ADD_TO_LIST:
        return
    if definition.entity not in vocabulary.entities:
        raise unknown("kind of entity", definition.entity, vocabulary.entities, 0)
    if definition.to_list not in vocabulary.lists:
        raise unknown("list", definition.to_list, vocabulary.lists, 0)
    held = vocabulary.lists[definition.to_list]
    if held not in ("", definition.entity):
        raise RuleError(
            f"the list {definition.to_list} holds ids of the kind {held}; {definition.entity} cannot be on it"
        )
