"""The patterns are learnable, and the held-out patterns do not follow from the known ones."""

import pytest

from simulate.check import measure_recalls, simulate_history
from simulate.patterns import HELD_OUT, KNOWN, UNTRAINED, VALIDATION

# With fewer frauds a model guesses held-out patterns from chance similarities of the known ones. With 6,000
# cards in 45 days it caught half of the split purchases, which it had never seen.
CARDS, DAYS = 10_000, 60.0


@pytest.fixture(scope="module")
def figures() -> tuple[dict[str, float], dict[str, float]]:
    rows = simulate_history(seed=7, cards=CARDS, days=DAYS)
    return measure_recalls(rows), measure_recalls(rows, without=tuple(UNTRAINED))


def test_every_pattern_can_be_learned_from_labels(figures: tuple[dict[str, float], dict[str, float]]) -> None:
    with_all, _ = figures
    # `python -m simulate.check` measures 0.7 and more on 1.5 times as many days.
    assert {name: recall for name, recall in with_all.items() if recall < 0.6} == {}


def test_held_out_patterns_slip_past_a_model_that_never_saw_them(
    figures: tuple[dict[str, float], dict[str, float]],
) -> None:
    with_all, without = figures
    assert {name: without[name] for name in HELD_OUT if without[name] >= 0.3} == {}
    assert {name for name in HELD_OUT if with_all[name] - without[name] < 0.5} == set()


def test_training_does_not_find_the_patterns_that_choices_are_made_on(
    figures: tuple[dict[str, float], dict[str, float]],
) -> None:
    with_all, without = figures
    assert {name for name in VALIDATION if with_all[name] - without[name] < 0.4} == set()


def test_known_patterns_are_caught_as_well_by_a_model_without_those_held_out(
    figures: tuple[dict[str, float], dict[str, float]],
) -> None:
    with_all, without = figures
    assert {name for name in KNOWN if without[name] < with_all[name] - 0.1} == set()
