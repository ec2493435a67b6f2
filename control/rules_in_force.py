"""All written rules in force, compiled for what scores."""

from __future__ import annotations

from control.applied import AppliedByKey, in_force
from control.entry import Kind
from control.named_lists import NamedLists
from control.scorers import Scorers
from rules.definition import WrittenRule
from rules.rule_set import RuleSet
from rules.vocabulary import Vocabulary


def rule_set_of(applied: AppliedByKey, scorers: Scorers, lists: NamedLists, before: RuleSet) -> RuleSet:
    """Compile the rules in force for what scores; `before` is the set of the snapshot before."""
    loaded = [a.loaded for a in in_force(applied, Kind.RULE).values()]
    rules = [rule for rule in loaded if isinstance(rule, WrittenRule)]
    if not rules:
        return RuleSet()
    return RuleSet.of(rules, vocabulary_of(scorers, lists), before)


def vocabulary_of(scorers: Scorers, lists: NamedLists) -> Vocabulary:
    """Return the names that rules may use: features of the base, live episodes, named lists."""
    base = scorers.models.base
    features = () if base is None else tuple(base.model.features)
    return Vocabulary(
        features, {one.episode: at + 1 for at, one in enumerate(scorers.detectors)}, lists.kinds
    )
