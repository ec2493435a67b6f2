"""The examples' baselines work as described: a weak baseline makes any learner look good."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from examples.learning import seeded
from examples.likes import ENOUGH, simulated
from examples.preference import ndcg, show
from examples.recommenders import ease, factorisation, item_knn, popularity
from examples.sensors import drawn_to_population, error, least_squares, sensors
from examples.sine import Waves, gaussian_process, oracle, squared

LIKES = simulated(400, 120, seed=0)
KNOWN, NEW = LIKES[:300], LIKES[300:]


def found(rank: object) -> float:
    shown = show(NEW, 5, seed=0)
    return ndcg(rank(shown.astype(np.float32)), shown, NEW)  # type: ignore[operator]


def test_an_oracle_needs_five_points_of_a_sine() -> None:
    tasks = Waves().draw(50, 5, 20, seeded(0))
    assert squared(oracle(tasks), tasks) < 1e-5


def test_a_gaussian_process_goes_through_its_points() -> None:
    tasks = Waves().draw(50, 10, 10, seeded(0))
    again = type(tasks)(tasks.support_x, tasks.support_y, tasks.support_x, tasks.support_y)
    assert squared(gaussian_process(0.5, 1e-6)(again), again) < 1e-2


def test_a_sensors_own_least_squares_needs_points_and_the_population_makes_up_for_few() -> None:
    known = sensors(200, 1, 200, seeded(0))
    for k, share in ((1, 0.9), (5, 0.5), (10, 0.8)):
        tasks = sensors(200, k, 50, seeded(1))
        alone = error(least_squares(tasks), tasks)
        assert error(drawn_to_population(known)(tasks), tasks) < share * alone


@pytest.mark.parametrize(
    "make",
    [
        lambda: item_knn(KNOWN, 30),
        lambda: ease(KNOWN, 100.0),
        lambda: factorisation(KNOWN, 8, 10.0),
    ],
    ids=["item-kNN", "EASE", "matrix factorisation"],
)
def test_a_recommender_that_reads_five_likes_beats_random_order(make: object) -> None:
    generator = np.random.default_rng(0)
    random = found(lambda shown: generator.random(shown.shape))
    assert found(make()) > 1.5 * random  # type: ignore[operator]
    assert found(popularity(KNOWN)) > 1.5 * random


def test_ndcg_is_one_for_the_truth_and_never_counts_what_was_shown() -> None:
    shown = show(NEW, 5, seed=0)
    assert ndcg(NEW.astype(np.float32), shown, NEW) == pytest.approx(1.0)
    assert ndcg(shown.astype(np.float32) - NEW.astype(np.float32), shown, NEW) == pytest.approx(0.0)


def test_everybody_simulated_likes_enough_to_show_ten_and_find_ten() -> None:
    assert LIKES.sum(1).min() >= ENOUGH
    assert (show(LIKES, 10, seed=1) & ~LIKES).sum() == 0


def test_equal_seeds_draw_equal_sensors() -> None:
    one, two = (sensors(3, 1, 4, seeded(5)) for _ in range(2))
    assert torch.equal(one.query_x, two.query_x)
