"""Injected patterns: features follow what a fraudster changes, as the live features would."""

from __future__ import annotations

import numpy as np
import pytest

from meta.arrays import Floats
from meta.columns import Columns
from meta.draft import Draft
from meta.injection import RECIPES, Injector, shift_directions

WINDOWS = {"1d": 86_400.0, "30d": 30 * 86_400.0}
NAMES = (
    "log_amount", "whole_amount", "hour_sin", "hour_cos", "night", "card_absent", "category_travel",
    "category_resale", "card_log_seconds_since_last", "card_log_partners_1d", "card_log_mean_30d",
    *(f"card_{what}_{w}" for what in ("log_count", "deviation", "ratio") for w in WINDOWS),
    "card_partner_novelty", "card_log_category_count_30d", "card_category_ratio_30d", "distance",
)  # fmt: skip
COLUMNS = Columns(NAMES)


def features(amount: float, history: list[tuple[float, float]]) -> Floats:
    """Features of one payment with what is injected worked out the long way, from (seconds ago, amount)."""
    X = np.zeros((1, len(NAMES)), np.float32)
    at = COLUMNS.position
    X[0, at["log_amount"]] = np.log1p(amount)
    X[0, at["card_log_seconds_since_last"]] = np.log1p(min(age for age, _ in history))
    for window, length in WINDOWS.items():
        weight = np.array([np.exp(-age / length) for age, _ in history])
        paid = np.array([a for _, a in history])
        count, mean = weight.sum(), weight @ paid / weight.sum()
        deviation = np.sqrt(weight @ (paid - mean) ** 2 / count)
        trust = count / (count + 0.5)
        X[0, at[f"card_log_count_{window}"]] = np.log1p(count)
        X[0, at[f"card_deviation_{window}"]] = trust * np.arcsinh((amount - mean) / (deviation + 5))
        X[0, at[f"card_ratio_{window}"]] = trust * (np.log1p(amount) - np.log1p(mean))
        if window == "30d":
            X[0, at["card_log_mean_30d"]] = np.log1p(mean)
    return X


USUAL = [(5_000.0, 20.0), (50_000.0, 35.0), (400_000.0, 60.0)]


def test_a_changed_amount_changes_all_that_is_measured_against_the_profile() -> None:
    draft = Draft(features(30, USUAL), COLUMNS)
    draft.amount = np.array([240.0])
    np.testing.assert_allclose(draft.rows(), features(240, USUAL), atol=2e-3)


def test_earlier_payments_of_the_pattern_enter_counts_means_and_deviations() -> None:
    draft = Draft(features(240, USUAL), COLUMNS)
    draft.precede("card", np.array([2.0]), np.array([600.0]))
    expected = features(240, [*USUAL, (600.0, 240.0), (600.0, 240.0)])
    np.testing.assert_allclose(draft.rows(), expected, atol=2e-3)


def test_rows_that_nothing_is_done_to_come_out_as_they_went_in() -> None:
    X = features(30, USUAL)
    np.testing.assert_allclose(Draft(X, COLUMNS).rows(), X, atol=1e-3)


def genuine(n: int = 200) -> Floats:
    rng = np.random.default_rng(8)
    rows = [
        features(rng.lognormal(3, 1), [(rng.uniform(1e3, 2e6), rng.lognormal(3, 1)) for _ in range(6)])
        for _ in range(n)
    ]
    return np.concatenate(rows)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.__name__)
def test_each_recipe_changes_rows_keeps_them_finite_and_leaves_its_input(recipe: object) -> None:
    X = genuine()
    before = X.copy()
    injector = Injector(COLUMNS, recipes=(recipe, recipe, recipe, recipe))  # type: ignore[arg-type]
    changed = injector.inject(X, np.random.default_rng(1))
    np.testing.assert_array_equal(X, before)
    assert np.isfinite(changed).all()
    assert (changed != X).any(1).mean() > 0.5


def test_an_episode_is_one_pattern_and_the_next_another() -> None:
    injector, X = Injector(COLUMNS), genuine(60)
    spread = []
    for seed in range(30):
        changed = injector.inject(X, np.random.default_rng(seed))
        spread.append(changed[:, COLUMNS.position["log_amount"]].mean())
    assert np.std(spread) > 0.5


def test_what_follows_from_a_row_elsewhere_is_recomputed() -> None:
    def doubled(X: Floats) -> Floats:
        X[:, COLUMNS.position["distance"]] = 2 * X[:, COLUMNS.position["log_amount"]]
        return X

    changed = Injector(COLUMNS, doubled).inject(genuine(20), np.random.default_rng(2))
    at = COLUMNS.position
    np.testing.assert_allclose(changed[:, at["distance"]], 2 * changed[:, at["log_amount"]], rtol=1e-6)


def test_shifted_directions_move_a_few_features_the_same_way() -> None:
    Z = np.zeros((50, 9), np.float32)
    moved = shift_directions(Z, np.random.default_rng(0))
    assert 2 <= (moved != 0).any(0).sum() <= 5
    assert ((moved > 0).any(0) & (moved < 0).any(0)).sum() == 0
