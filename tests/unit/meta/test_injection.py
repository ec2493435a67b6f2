"""Injected patterns: the features after a fraudster's changes equal those of the live fold."""

from __future__ import annotations

import logging
import re

import numpy as np
import pytest

from features.formulas import WINDOW_FORMULAS
from features.offline import columns_from, featurise
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from meta.arrays import Floats
from meta.columns import FeatureColumns, UnknownColumn
from meta.injection import RECIPES, Injector, NoRecipe, Recipe, shift_directions

LIVE = FeatureLayout(TransactionSchema()).names
COLUMNS = FeatureColumns((*LIVE, "distance"))
# No recipe changes these, and a schema may lack them: categories, the presence of the card.
OPTIONAL = re.compile(r"weekend|card_absent|category_.*|\w+_(log_age_days|log_mean_30d)")


def injector(names: tuple[str, ...] = COLUMNS.names, **changes: object) -> Injector:
    return Injector(FeatureColumns(names), WINDOW_FORMULAS, **changes)  # type: ignore[arg-type]


def without(*parts: str) -> tuple[str, ...]:
    return tuple(name for name in LIVE if not any(part in name for part in parts))


@pytest.fixture(scope="module")
def genuine() -> Floats:
    """Return the last 200 of 1,500 synthetic transactions of 60 cards at 40 merchants, and a distance."""
    rng, n = np.random.default_rng(8), 1_500
    time = 1.75e9 + np.cumsum(rng.exponential(2_000, n))
    keys = rng.integers(0, 60, n), rng.integers(0, 40, n)
    category = rng.choice([5411, 5732, 4722], n).astype(np.int32)
    channel = rng.integers(1, 3, n).astype(np.int8)
    columns = columns_from(time, rng.lognormal(3, 1, n), keys, category=category, channel=channel)
    X = featurise(TransactionSchema(), columns)[-200:]
    return np.concatenate([X, rng.exponential(5, (200, 1)).astype(np.float32)], axis=1)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_each_recipe_changes_rows_keeps_them_finite_and_leaves_its_input(
    recipe: Recipe, genuine: Floats
) -> None:
    before = genuine.copy()
    changed = injector(recipes=(recipe,)).inject(genuine, np.random.default_rng(1))
    np.testing.assert_array_equal(genuine, before)
    assert np.isfinite(changed).all()
    assert (changed != genuine).any(1).mean() > 0.5


def test_an_episode_is_one_pattern_and_the_next_another(genuine: Floats) -> None:
    spread = []
    for seed in range(30):
        changed = injector().inject(genuine[:60], np.random.default_rng(seed))
        spread.append(changed[:, COLUMNS.position["log_amount"]].mean())
    assert np.std(spread) > 0.5


def test_what_follows_from_a_row_elsewhere_is_recomputed(genuine: Floats) -> None:
    at = COLUMNS.position

    def doubled(X: Floats) -> Floats:
        X[:, at["distance"]] = 2 * X[:, at["log_amount"]]
        return X

    changed = injector(derive=doubled).inject(genuine[:20], np.random.default_rng(2))
    np.testing.assert_allclose(changed[:, at["distance"]], 2 * changed[:, at["log_amount"]], rtol=1e-6)


def test_every_recipe_but_that_of_a_further_column_applies_to_the_live_features() -> None:
    applicable = [recipe.name for recipe in injector(LIVE).applicable]
    assert applicable == [recipe.name for recipe in RECIPES if recipe.name != "go_far"]


@pytest.mark.parametrize("renamed", [name for name in LIVE if not OPTIONAL.match(name)])
def test_a_renamed_column_is_an_error_that_names_it_and_all_that_exist(renamed: str) -> None:
    names = tuple("another" if name == renamed else name for name in COLUMNS.names)
    with pytest.raises(UnknownColumn, match=rf"recipe \w+ needs the column '{renamed}'; .*another.*"):
        _ = injector(names).applicable


def test_a_schema_without_an_optional_field_leaves_its_recipes_out_and_says_so_once(
    caplog: pytest.LogCaptureFixture, genuine: Floats
) -> None:
    names = without("category", "card_absent")
    kept = [k for k, name in enumerate(COLUMNS.names) if name in names]
    made, rng = injector(names), np.random.default_rng(3)
    with caplog.at_level(logging.INFO, "meta.injection"):
        for _ in range(3):
            made.inject(genuine[:, kept], rng)
    assert [record.getMessage() for record in caplog.records] == [
        "recipe choose_category is left out: the features have no category_*",
        "recipe go_far is left out: the features have no distance",
        "recipe remote is left out: the features have no card_absent",
    ]


def test_columns_that_no_recipe_knows_are_refused() -> None:
    with pytest.raises(NoRecipe, match="no recipe can be applied to the columns one, two"):
        injector(("one", "two")).inject(np.zeros((3, 2), np.float32), np.random.default_rng(0))


def test_shifted_directions_move_a_few_features_the_same_way() -> None:
    Z = np.zeros((50, 9), np.float32)
    moved = shift_directions(Z, np.random.default_rng(0))
    assert 2 <= (moved != 0).any(0).sum() <= 5
    assert ((moved > 0).any(0) & (moved < 0).any(0)).sum() == 0
