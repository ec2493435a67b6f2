"""The features in words, for the reasons of an alert."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from features.categories import CATEGORY_GROUPS
from features.partner_kernel import PER_NOVELTY
from features.schema import TransactionSchema
from features.windows import WINDOWS

_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3_600.0, 86_400.0
_LARGEST = 50.0  # most features are logarithms; e^50 is beyond every amount, count and time


@dataclass(frozen=True, slots=True)
class Phrase:
    """A feature in words, and a function that writes its value with its unit."""

    words: str
    value: Callable[[float], str]

    def say(self, value: float) -> str:
        """Return words and value, as in "card: amount against its usual over 7 days: 8.3 times".

        Any number has words: a base may compare with a usual value that no feature takes.
        """
        return f"{self.words}: {self.value(min(max(value, -_LARGEST), _LARGEST))}"


def phrases(schema: TransactionSchema) -> Mapping[str, Phrase]:
    """Return a phrase for each feature of the schema's layout, by name."""
    table = dict(_own_phrases())
    for position, entity in enumerate(schema.entities):
        partner = schema.entities[min(1, len(schema.entities) - 1) if position == 0 else 0]
        for measure, phrase in _entity_phrases(partner.name):
            table[f"{entity.name}_{measure}"] = Phrase(f"{entity.name}: {phrase.words}", phrase.value)
    return table


def _own_phrases() -> list[tuple[str, Phrase]]:
    groups = [(f"category_{name}", _yes(f"bought: {_GROUP_WORDS[name]}")) for name in CATEGORY_GROUPS]
    return [
        ("log_amount", Phrase("amount", _units)),
        ("whole_amount", _yes("amount without cents")),
        ("hour_sin", Phrase("time of day, as the sine of its angle", _number)),
        ("hour_cos", Phrase("time of day, as the cosine of its angle", _number)),
        ("night", _yes("at night, from 22 to 4 hours UTC")),
        ("weekend", _yes("on a Saturday or Sunday, UTC")),
        ("card_absent", _yes("without the card being there")),
        *groups,
    ]


def _entity_phrases(partner: str) -> list[tuple[str, Phrase]]:
    longest = WINDOWS[-1]
    table = [
        ("log_seconds_since_last", Phrase("time since its transaction before", _duration)),
        ("log_age_days", Phrase("known for", _days)),
        ("log_partners_1d", Phrase(f"different {partner}s in 1 day", _count)),
        (f"log_mean_{longest.name}", Phrase(f"usual amount over {longest.words}", _units)),
        ("partner_novelty", Phrase(f"last time with this {partner}", _novelty)),
        (
            f"log_category_count_{longest.name}",
            Phrase(f"bought in this category over {longest.words}", _count),
        ),
        (
            f"category_ratio_{longest.name}",
            Phrase(f"amount against its usual in this category over {longest.words}", _times),
        ),
    ]
    for window in WINDOWS:
        table += [
            (f"log_count_{window.name}", Phrase(f"transactions in {window.words}", _count)),
            (f"deviation_{window.name}", Phrase(f"amount above its mean over {window.words}", _deviations)),
            (f"ratio_{window.name}", Phrase(f"amount against its usual over {window.words}", _times)),
        ]
    return table


_GROUP_WORDS = {
    "cash_like": "cash or what is as good as cash",
    "resale": "goods that are easily sold on",
    "travel": "travel",
    "everyday": "the shopping of every day",
}


def _yes(words: str) -> Phrase:
    return Phrase(words, lambda value: "yes" if value >= 0.5 else "no")


def _number(value: float) -> str:
    return f"{value:.2f}"


def _units(value: float) -> str:
    return f"{math.expm1(value):,.2f}"


def _count(value: float) -> str:
    return f"{math.expm1(value):,.1f}"


def _days(value: float) -> str:
    return _time(math.expm1(value) * _DAY_S)


def _times(value: float) -> str:
    return f"{math.exp(value):,.1f} times"


def _deviations(value: float) -> str:
    return f"{math.sinh(value):+,.1f} deviations"


def _novelty(value: float) -> str:
    if value >= 1.0:
        return "never in 90 days"
    return _time(math.expm1(value / PER_NOVELTY) * _HOUR_S) + " ago"


def _duration(value: float) -> str:
    return _time(math.expm1(value))


def _time(seconds: float) -> str:
    for unit, size in (("days", _DAY_S), ("hours", _HOUR_S), ("minutes", _MINUTE_S)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
