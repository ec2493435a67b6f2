"""The names that a rule may use, from what is in force: fields, features in natural units, scorers, lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from features.links import fraud_words, link_measure, link_words, partner_of
from features.windows import WINDOWS
from rules.typed import Feature, Field, Frauds, Input, Link, Type, Unit

_MARK = "_log_seconds_since_last"  # every entity has this feature
_LONGEST = WINDOWS[-1].name
LISTS, EPISODE, BASE, LOCAL_TIME = "lists", "episode", "base", "local_time"


@dataclass(frozen=True)
class Variable:
    """What a name means.

    Attributes:
        type: Its type.
        input: Where its value comes from; None for the id of an entity, which is only compared.
        words: What it is, for people.
        true_below: The name is true where the number is below this; None where the number itself is meant.
    """

    type: Type
    input: Input | None
    words: str
    true_below: float | None = None


@dataclass(frozen=True)
class Vocabulary:
    """Names by what is in force.

    Attributes:
        features: Names of the features that the base reads, in order.
        episodes: Column of each live episode's detector among the surprises, by name.
        lists: Kind of the entities on each list, by its name; empty for ids of any kind.
    """

    features: Sequence[str] = ()
    episodes: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)

    @property
    def entities(self) -> tuple[str, ...]:
        """Return the kinds of entities that have features, the primary one first."""
        return tuple(name.removesuffix(_MARK) for name in self.features if name.endswith(_MARK))

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """All variables by name, without those in brackets."""
        return {
            **_FIELDS,
            **dict(self._own_features()),
            **{f"{e}.id": Variable(Type.KEY, None, f"id of the {e}") for e in self.entities},
            **dict(self._entity_features()),
        }

    def _own_features(self) -> Iterator[tuple[str, Variable]]:
        for name, words in _OWN.items():
            if name in self.features:
                yield name, Variable(Type.TRUTH, Feature(self.features.index(name), Unit.RAW), words)

    def _entity_features(self) -> Iterator[tuple[str, Variable]]:
        entities = self.entities
        for place, entity in enumerate(entities):
            partner = partner_of(entities, place)
            for measure, (name, unit, words) in _measures(partner).items():
                full = f"{entity}_{measure}"
                if full in self.features:
                    at = Feature(self.features.index(full), unit)
                    yield f"{entity}.{name}", Variable(Type.NUMBER, at, words)
            words = f"{link_words(entities, place)}, before this transaction"
            yield f"{entity}.{link_measure(entities, place)}", Variable(Type.NUMBER, Link(place), words)
            counted = fraud_words(entities, place)
            yield f"{entity}.confirmed_frauds", Variable(Type.NUMBER, Frauds(place), counted)
            novelty = f"{entity}_partner_novelty"
            if novelty in self.features:
                at = Feature(self.features.index(novelty), Unit.RAW)
                words = f"whether it met this {partner} in 90 days"
                yield f"{entity}.known_{partner}", Variable(Type.TRUTH, at, words, true_below=1.0)


_FIELDS = {
    "amount": Variable(Type.NUMBER, Field("amount"), "amount, in units of its currency"),
    "currency": Variable(Type.CURRENCY, Field("currency"), 'currency, such as "EUR"'),
    "category": Variable(
        Type.CATEGORY, Field("category"), "merchant category: a code such as 5732, or a name"
    ),
    "time": Variable(Type.TIME, Field("time"), "event time, UTC"),
    LOCAL_TIME: Variable(Type.TIME, None, "event time on the clocks of the rule's time zone"),
    "surprise": Variable(
        Type.NUMBER,
        Field("surprise"),
        "highest surprise of all scorers, with risk, and raised or lowered by rules",
    ),
    "frauds_within_two_links": Variable(
        Type.NUMBER, Frauds(None), "most confirmed frauds that one of its entities shares, in 90 days"
    ),
    "risk": Variable(Type.NUMBER, Field("risk"), "surprise that confirmed frauds add"),
}
_OWN = {
    "whole_amount": "whether the amount has no cents",
    "night": "whether it is from 22 to 4 hours UTC",
    "weekend": "whether it is Saturday or Sunday, UTC",
    "card_absent": "whether the card was not there",
}


def _measures(partner: str) -> dict[str, tuple[str, Unit, str]]:
    """Return name, unit and words of an entity's features, by the end of the feature's name."""
    found = {
        "log_seconds_since_last": ("seconds_since_last", Unit.COUNT, "seconds since its transaction before"),
        "log_age_days": ("age_days", Unit.COUNT, "days since its first transaction"),
        "log_partners_1d": (f"{partner}s_1d", Unit.COUNT, f"different {partner}s in 1 day"),
        f"log_mean_{_LONGEST}": (f"mean_{_LONGEST}", Unit.COUNT, f"usual amount over {WINDOWS[-1].words}"),
        "partner_novelty": (f"hours_since_{partner}", Unit.HOURS, f"hours since it met this {partner}"),
        f"log_category_count_{_LONGEST}": (
            f"category_count_{_LONGEST}", Unit.COUNT, "transactions in this category over 30 days",
        ),
        f"category_ratio_{_LONGEST}": (
            f"category_ratio_{_LONGEST}", Unit.TIMES, "amount against its usual in this category, in times",
        ),
    }  # fmt: skip
    for window in WINDOWS:
        name, over = window.name, f"over {window.words}"
        found[f"log_count_{name}"] = (
            f"count_{name}",
            Unit.COUNT,
            f"transactions {over}; older ones count less",
        )
        found[f"deviation_{name}"] = (
            f"deviation_{name}",
            Unit.DEVIATIONS,
            f"deviations above its mean {over}",
        )
        found[f"ratio_{name}"] = (f"ratio_{name}", Unit.TIMES, f"amount against its usual {over}, in times")
    return found
