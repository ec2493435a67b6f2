"""Synthetic patterns: genuine transactions changed the way a fraudster would, with the features following.

An episode uses one to four recipes with one draw of their settings for all of its rows: that is what makes
it a pattern. Diversity of these patterns decides how well five flags of a pattern never seen before are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from meta.arrays import Doubles, Floats
from meta.columns import Columns
from meta.draft import Draft
from meta.kernels import LIMIT

Generator = np.random.Generator
Recipe = Callable[[Draft, Generator], None]
Derive = Callable[[Floats], Floats]

_DAY = 86_400.0


def scale_amount(draft: Draft, rng: Generator) -> None:
    """Multiply amounts by 2 to 9 (one time in three divide), with 10% scatter."""
    factor = rng.uniform(0.7, 2.2) * rng.choice([1, 1, -1])
    _charge(draft, draft.amount * np.exp(factor + 0.1 * rng.standard_normal(len(draft))))


def multiply_amount(draft: Draft, rng: Generator) -> None:
    """Multiply amounts by exactly the same 2 to 8: a holder's habit, many times over."""
    _charge(draft, draft.amount * rng.uniform(2, 8))


def level_amount(draft: Draft, rng: Generator) -> None:
    """Bring amounts to one level between 3 and 1,500 with 3 to 30% scatter."""
    level, scatter = rng.uniform(np.log(3), np.log(1500)), rng.uniform(0.03, 0.3)
    _charge(draft, np.exp(level + scatter * rng.standard_normal(len(draft))))


def lift_amount(draft: Draft, rng: Generator) -> None:
    """Lift amounts over a floor that at least half of these rows do not reach, trailing off above it."""
    floor = np.quantile(draft.amount, rng.uniform(0.5, 1.0)) * np.exp(rng.uniform(0, 0.5))
    _charge(draft, floor * np.exp(rng.exponential(rng.uniform(0.05, 0.5), len(draft))))


def choose_hours(draft: Draft, rng: Generator) -> None:
    """Move the time of day into a window of 1 to 5 hours."""
    hour = (rng.uniform(0, 24) + rng.uniform(1, 5) * rng.random(len(draft))) % 24
    draft.put("hour_sin", np.sin(hour * np.pi / 12))
    draft.put("hour_cos", np.cos(hour * np.pi / 12))
    draft.put("night", ((hour >= 22) | (hour < 4)).astype(np.float64))


def burst(draft: Draft, rng: Generator) -> None:
    """Let 1 to 6 transactions of the pattern precede on the card within 20 seconds to 50 minutes."""
    _repeat(draft, draft.columns.entities[0], rng)


def crowd(draft: Draft, rng: Generator) -> None:
    """Let 1 to 6 transactions of the pattern precede at the merchant within 20 seconds to 50 minutes."""
    _repeat(draft, draft.columns.entities[-1], rng)


def slow_run(draft: Draft, rng: Generator) -> None:
    """Let up to 8 transactions of the pattern precede on the card over the past days, for some rows none."""
    many = np.floor(rng.exponential(rng.uniform(0.5, 4), len(draft)))
    draft.precede(draft.columns.entities[0], many, rng.exponential(3 * _DAY, len(draft)) + 600)


def dormant(draft: Draft, rng: Generator) -> None:
    """Use cards that have been silent for 5 to 60 days."""
    draft.idle(draft.columns.entities[0], rng.uniform(5, 60, len(draft)) * _DAY)


def novelty(draft: Draft, rng: Generator) -> None:
    """Use merchants where the card was never seen."""
    draft.put(f"{draft.columns.entities[0]}_partner_novelty", np.ones(len(draft)))


def choose_category(draft: Draft, rng: Generator) -> None:
    """Move the transactions into one to three categories, rare on the card."""
    places = np.array(draft.columns.categories)
    chosen = rng.choice(places, min(int(rng.integers(1, 4)), len(places)), replace=False)
    draft.X[:, places] = 0
    draft.X[np.arange(len(draft)), rng.choice(chosen, len(draft))] = 1
    count = f"{draft.columns.entities[0]}_log_category_count_30d"
    draft.put(count, draft.get(count) * 0.3)


def go_far(draft: Draft, rng: Generator) -> None:
    """Multiply the distance between holder and merchant by 1.2 to 3."""
    draft.put("distance", draft.get("distance") * rng.uniform(1.2, 3))


def remote(draft: Draft, rng: Generator) -> None:
    """Pay without the card."""
    draft.put("card_absent", np.ones(len(draft)))


RECIPES: tuple[Recipe, ...] = (
    scale_amount, multiply_amount, level_amount, lift_amount, choose_hours, burst, crowd, slow_run, dormant,
    novelty, choose_category, go_far, remote,
)  # fmt: skip
_NEEDS = {"go_far": "distance", "remote": "card_absent"}


@dataclass(frozen=True)
class Injector:
    """Recipes that the columns allow, and `derive`, which recomputes what else follows from a changed row."""

    columns: Columns
    derive: Derive | None = None
    recipes: tuple[Recipe, ...] = RECIPES

    def inject(self, X: Floats, rng: Generator) -> Floats:
        """Return changed copies of genuine raw rows (n, d): one pattern of one to four recipes."""
        allowed = [r for r in self.recipes if self._allows(r)]
        for at in np.sort(rng.choice(len(allowed), rng.integers(1, 5), replace=False)):
            X = self._apply(allowed[at], X, rng)
        if rng.random() < 0.4:
            X = self._apply(slow_run, X, rng)
        return X if self.derive is None else self.derive(X.copy())

    def _allows(self, recipe: Recipe) -> bool:
        if recipe is choose_category:
            return bool(self.columns.categories)
        return self.columns.has(_NEEDS.get(recipe.__name__, "log_amount"))

    def _apply(self, recipe: Recipe, X: Floats, rng: Generator) -> Floats:
        """Apply to all rows, or to nine in ten: a pattern is rarely pure."""
        rows = np.flatnonzero(rng.random(len(X)) < rng.choice([1.0, 0.9]))
        draft = Draft(X[rows], self.columns)
        recipe(draft, rng)
        changed = X.copy()
        changed[rows] = draft.rows()
        return changed


def shift_directions(Z: Floats, rng: Generator) -> Floats:
    """Return normal scores (n, d) moved by 0.6 to 2 deviations along 2 to 5 features, the same for all
    rows.
    """
    at = rng.choice(Z.shape[1], rng.integers(2, 6), replace=False)
    step = rng.uniform(0.6, 2, len(at)) * rng.choice([-1, 1], len(at))
    moved = Z.copy()
    moved[:, at] = np.clip(moved[:, at] + step * (rng.random((len(Z), len(at))) < 0.9), -LIMIT, LIMIT)
    return moved


def _charge(draft: Draft, amount: Doubles) -> None:
    draft.amount = np.clip(amount, 0.5, 5000.0)
    draft.put("whole_amount", np.zeros(len(draft)))


def _repeat(draft: Draft, entity: str, rng: Generator) -> None:
    many = np.full(len(draft), rng.integers(1, 7), dtype=np.float64)
    draft.precede(entity, many, np.exp(rng.uniform(3, 8, len(draft))))
    partners = f"{entity}_log_partners_1d"
    draft.put(partners, np.log1p(np.expm1(draft.get(partners)) + many * (rng.random() < 0.5)))
