"""Synthetic fraud patterns: genuine transactions changed as a fraudster would change them.

Every feature follows from the change (`meta.draft`). A pattern applies one to four recipes, each with one
draw of its settings for all rows: that makes the rows a pattern. The variety of these patterns decides how
well five flags of an unseen pattern are read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from meta.arrays import Doubles, Floats
from meta.columns import FeatureColumns, UnknownColumn
from meta.draft import ProfileFormulas, TransactionDraft
from meta.kernels import LIMIT

Generator = np.random.Generator
Derive = Callable[[Floats], Floats]

_DAY = 86_400.0
_NO_ENTITY = "<entity>"  # in the names of the columns that a schema without entities lacks

log = logging.getLogger(__name__)


def scale_amount(draft: TransactionDraft, rng: Generator) -> None:
    """Multiply amounts by 2 to 9 (one time in three divide), with 10% scatter."""
    factor = rng.uniform(0.7, 2.2) * rng.choice([1, 1, -1])
    _charge(draft, draft.amount * np.exp(factor + 0.1 * rng.standard_normal(len(draft))))


def multiply_amount(draft: TransactionDraft, rng: Generator) -> None:
    """Multiply all amounts by the same factor of 2 to 8: the holder's habit at a larger scale."""
    _charge(draft, draft.amount * rng.uniform(2, 8))


def level_amount(draft: TransactionDraft, rng: Generator) -> None:
    """Bring amounts to one level between 3 and 1,500 with 3 to 30% scatter."""
    level, scatter = rng.uniform(np.log(3), np.log(1500)), rng.uniform(0.03, 0.3)
    _charge(draft, np.exp(level + scatter * rng.standard_normal(len(draft))))


def lift_amount(draft: TransactionDraft, rng: Generator) -> None:
    """Lift amounts over a floor above at least half of them, with an exponential tail over the floor."""
    floor = np.quantile(draft.amount, rng.uniform(0.5, 1.0)) * np.exp(rng.uniform(0, 0.5))
    _charge(draft, floor * np.exp(rng.exponential(rng.uniform(0.05, 0.5), len(draft))))


def choose_hours(draft: TransactionDraft, rng: Generator) -> None:
    """Move the time of day into a window of 1 to 5 hours."""
    hour = (rng.uniform(0, 24) + rng.uniform(1, 5) * rng.random(len(draft))) % 24
    draft.put("hour_sin", np.sin(hour * np.pi / 12))
    draft.put("hour_cos", np.cos(hour * np.pi / 12))
    draft.put("night", ((hour >= 22) | (hour < 4)).astype(np.float64))


def burst(draft: TransactionDraft, rng: Generator) -> None:
    """Insert 1 to 6 transactions of the pattern on the card, 20 seconds to 50 minutes earlier."""
    _repeat(draft, draft.columns.entities[0], rng)


def crowd(draft: TransactionDraft, rng: Generator) -> None:
    """Insert 1 to 6 transactions of the pattern at the merchant, 20 seconds to 50 minutes earlier."""
    _repeat(draft, draft.columns.entities[-1], rng)


def slow_run(draft: TransactionDraft, rng: Generator) -> None:
    """Insert up to 8 transactions of the pattern on the card over the past days; for some rows none."""
    many = np.floor(rng.exponential(rng.uniform(0.5, 4), len(draft)))
    draft.precede(draft.columns.entities[0], many, rng.exponential(3 * _DAY, len(draft)) + 600)


def dormant(draft: TransactionDraft, rng: Generator) -> None:
    """Use cards that have been silent for 5 to 60 days."""
    draft.idle(draft.columns.entities[0], rng.uniform(5, 60, len(draft)) * _DAY)


def novelty(draft: TransactionDraft, rng: Generator) -> None:
    """Use merchants that the card has never paid."""
    draft.put(f"{draft.columns.entities[0]}_partner_novelty", np.ones(len(draft)))


def choose_category(draft: TransactionDraft, rng: Generator) -> None:
    """Move the transactions into one to three categories that are rare on the card."""
    places = np.array(draft.columns.categories)
    chosen = rng.choice(places, min(int(rng.integers(1, 4)), len(places)), replace=False)
    draft.X[:, places] = 0
    draft.X[np.arange(len(draft)), rng.choice(chosen, len(draft))] = 1
    count, _ = draft.columns.category_profile
    draft.put(count, draft.get(count) * 0.3)


def go_far(draft: TransactionDraft, rng: Generator) -> None:
    """Multiply the distance between holder and merchant by 1.2 to 3."""
    draft.put("distance", draft.get("distance") * rng.uniform(1.2, 3))


def remote(draft: TransactionDraft, rng: Generator) -> None:
    """Pay without the card."""
    draft.put("card_absent", np.ones(len(draft)))


@dataclass(frozen=True)
class Recipe:
    """A change, and the columns without which it makes no sense.

    Attributes:
        change: changes all rows of a draft; draws its settings from the generator.
        needs: names of the columns that the change reads and writes.
    """

    change: Callable[[TransactionDraft, Generator], None]
    needs: Callable[[FeatureColumns], tuple[str, ...]]

    @property
    def name(self) -> str:
        """Name of the change."""
        return self.change.__name__

    def applies_to(self, columns: FeatureColumns) -> bool:
        """Whether the columns describe what the recipe changes.

        A schema may lack an entity or an optional field, and then has none of the columns: this is logged.

        Raises:
            UnknownColumn: some of the columns exist and others do not, for example after a renaming.
        """
        needed = self.needs(columns)
        missing = tuple(name for name in needed if not columns.has(name))
        if not missing:
            return True
        if len(missing) < len(needed):
            raise UnknownColumn(missing[0], f"recipe {self.name}", columns.names)
        log.info("recipe %s is left out: the features have no %s", self.name, ", ".join(missing))
        return False


def _amount(columns: FeatureColumns) -> tuple[str, ...]:
    return ("log_amount", "whole_amount")


def _hours(columns: FeatureColumns) -> tuple[str, ...]:
    return ("hour_sin", "hour_cos", "night")


def _history(entity: str, columns: FeatureColumns) -> tuple[str, ...]:
    measures = (
        f"{entity}_{measure}_{w}" for w in columns.windows for measure in ("log_count", "deviation", "ratio")
    )
    return (f"{entity}_log_seconds_since_last", f"{entity}_log_partners_1d", *measures)


def _card_history(columns: FeatureColumns) -> tuple[str, ...]:
    return _history(columns.entities[0] if columns.entities else _NO_ENTITY, columns)


def _merchant_history(columns: FeatureColumns) -> tuple[str, ...]:
    return _history(columns.entities[-1] if columns.entities else _NO_ENTITY, columns)


def _partners(columns: FeatureColumns) -> tuple[str, ...]:
    entity = columns.entities[0] if columns.entities else _NO_ENTITY
    return (f"{entity}_log_partners_1d", f"{entity}_partner_novelty")


def _categories(columns: FeatureColumns) -> tuple[str, ...]:
    if not columns.categories:
        return ("category_*",)
    return (columns.names[columns.categories[0]], *columns.category_profile)


def _distance(columns: FeatureColumns) -> tuple[str, ...]:
    return ("distance",)


def _card_presence(columns: FeatureColumns) -> tuple[str, ...]:
    return ("card_absent",)


SLOW_RUN = Recipe(slow_run, _card_history)
RECIPES: tuple[Recipe, ...] = (
    Recipe(scale_amount, _amount),
    Recipe(multiply_amount, _amount),
    Recipe(level_amount, _amount),
    Recipe(lift_amount, _amount),
    Recipe(choose_hours, _hours),
    Recipe(burst, _card_history),
    Recipe(crowd, _merchant_history),
    SLOW_RUN,
    Recipe(dormant, _card_history),
    Recipe(novelty, _partners),
    Recipe(choose_category, _categories),
    Recipe(go_far, _distance),
    Recipe(remote, _card_presence),
)


class NoRecipe(ValueError):
    """The columns have nothing that any recipe changes, so there are no synthetic patterns."""


@dataclass(frozen=True)
class Injector:
    """Turns genuine rows into rows of a fraud pattern.

    Attributes:
        columns: names of the features.
        formulas: how the features of a window are computed.
        derive: recomputes further features, which recipes do not know, from changed rows (n, d).
        recipes: candidates; those that the columns do not allow are left out.
    """

    columns: FeatureColumns
    formulas: ProfileFormulas
    derive: Derive | None = None
    recipes: tuple[Recipe, ...] = RECIPES

    @cached_property
    def applicable(self) -> tuple[Recipe, ...]:
        """The recipes that the columns allow; an injector logs the others once.

        Raises:
            UnknownColumn: the columns have a part of what a recipe needs.
            NoRecipe: no recipe can be applied.
        """
        found = tuple(recipe for recipe in self.recipes if recipe.applies_to(self.columns))
        if not found:
            raise NoRecipe(f"no recipe can be applied to the columns {', '.join(self.columns.names)}")
        return found

    def inject(self, X: Floats, rng: Generator) -> Floats:
        """Return changed copies of genuine raw rows (n, d): one pattern of one to four recipes.

        Raises:
            UnknownColumn: the columns have a part of what a recipe needs.
            NoRecipe: no recipe can be applied.
        """
        recipes = self.applicable
        count = min(int(rng.integers(1, 5)), len(recipes))
        for at in np.sort(rng.choice(len(recipes), count, replace=False)):
            X = self._apply(recipes[at], X, rng)
        if rng.random() < 0.4 and SLOW_RUN in recipes:
            X = self._apply(SLOW_RUN, X, rng)
        return X if self.derive is None else self.derive(X.copy())

    def _apply(self, recipe: Recipe, X: Floats, rng: Generator) -> Floats:
        """Apply to all rows, or to nine in ten: a pattern is rarely pure."""
        rows = np.flatnonzero(rng.random(len(X)) < rng.choice([1.0, 0.9]))
        draft = TransactionDraft(X[rows], self.columns, self.formulas, f"recipe {recipe.name}")
        recipe.change(draft, rng)
        changed = X.copy()
        changed[rows] = draft.rows()
        return changed


def shift_directions(Z: Floats, rng: Generator) -> Floats:
    """Return normal scores (n, d) moved by 0.6 to 2 deviations along 2 to 5 features, equally in all rows."""
    at = rng.choice(Z.shape[1], rng.integers(2, 6), replace=False)
    step = rng.uniform(0.6, 2, len(at)) * rng.choice([-1, 1], len(at))
    moved = Z.copy()
    moved[:, at] = np.clip(moved[:, at] + step * (rng.random((len(Z), len(at))) < 0.9), -LIMIT, LIMIT)
    return moved


def _charge(draft: TransactionDraft, amount: Doubles) -> None:
    draft.amount = np.clip(amount, 0.5, 5000.0)
    draft.put("whole_amount", np.zeros(len(draft)))


def _repeat(draft: TransactionDraft, entity: str, rng: Generator) -> None:
    many = np.full(len(draft), rng.integers(1, 7), dtype=np.float64)
    draft.precede(entity, many, np.exp(rng.uniform(3, 8, len(draft))))
    partners = f"{entity}_log_partners_1d"
    draft.put(partners, np.log1p(np.expm1(draft.get(partners)) + many * (rng.random() < 0.5)))
